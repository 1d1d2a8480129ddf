// deno-lint-ignore-file no-unused-vars -- AssemblyScript: a class is a layout, used as a type
// How much neighbouring pixels differ, and its gradient; sums as in loss.ts. A row of a picture is one
// run of numbers: the pixel below is a row away, the one to the right as far as there are channels.

import { ARGUMENTS, workspace } from "./memory";
import { sumPartials } from "./arithmetic";
import { parallel } from "./parallel";
import { choose, firstLanes, storeLanes, sumLanes } from "./simd";

/** Rows a chunk handles. */
const ROWS: i32 = 16;

@unmanaged
class Arguments {
  rows: i32;
  height: i32;
  length: i32;
  channels: i32;
  scale: f32;
  y: usize;
  dy: usize;
}

/** -1, 0 or 1 in each lane. */
function sign(d: v128): v128 {
  const one = f32x4.splat(1), zero = f32x4.splat(0);
  return f32x4.sub(v128.and(f32x4.gt(d, zero), one), v128.and(f32x4.lt(d, zero), one));
}

function variationChunk(chunk: i32, _thread: i32): void {
  const a = changetype<Arguments>(ARGUMENTS), end = min((chunk + 1) * ROWS, a.rows);
  const length = a.length, line = <usize> length * 4, step = a.channels;
  const scale = f32x4.splat(a.scale), zero = f32x4.splat(0);
  let sum: f64 = 0;
  for (let row = chunk * ROWS; row < end; row++) {
    const i = row % a.height, y = a.y + <usize> row * line, dy = a.dy + <usize> row * line;
    // At an edge a pixel is its own neighbour.
    const up = i > 0 ? line : 0, down = i < a.height - 1 ? line : 0;
    for (let j = 0; j < length; j += 4) {
      const at = y + <usize> j * 4, v = v128.load(at);
      const below = f32x4.sub(v128.load(at + down), v);
      const inside = firstLanes(max(0, min(4, length - step - j)));
      const right = choose(
        inside,
        f32x4.sub(j + step < length ? v128.load(at + <usize> step * 4) : v, v),
        zero,
      );
      let value = f32x4.add(f32x4.abs(below), f32x4.abs(right));
      if (length - j < 4) value = choose(firstLanes(length - j), value, zero);
      sum += sumLanes(value);
      if (!a.dy) continue;
      const above = f32x4.sub(v, v128.load(at - up));
      const first = firstLanes(max(0, min(4, step - j)));
      const left = choose(
        first,
        zero,
        f32x4.sub(v, j + 4 > step ? v128.load(at - <usize> step * 4) : v),
      );
      const slope = f32x4.add(
        f32x4.sub(sign(above), sign(below)),
        f32x4.sub(sign(left), sign(right)),
      );
      storeLanes(dy + <usize> j * 4, f32x4.mul(scale, slope), length - j);
    }
  }
  store<f64>(workspace() + <usize> chunk * 8, sum);
}

/**
 * Σ over all pictures of the absolute differences of pixels one above the other and side by side, as a
 * double; dy = scale · slope where dy is not 0.
 *
 * @param length Numbers in a row: width · channels
 *
 * Workspace: one double per 16 rows.
 */
export function loss_total_variation(
  pictures: i32,
  height: i32,
  length: i32,
  channels: i32,
  scale: f32,
  y: usize,
  dy: usize,
): f64 {
  const a = changetype<Arguments>(ARGUMENTS);
  a.rows = pictures * height, a.height = height, a.length = length, a.channels = channels;
  a.scale = scale, a.y = y, a.dy = dy;
  const chunks = (a.rows + ROWS - 1) / ROWS;
  parallel(variationChunk.index, chunks);
  return sumPartials(chunks);
}
