// deno-lint-ignore-file no-unused-vars -- AssemblyScript: a class is a layout, used as a type
// The cosine between each row and its target, and its gradient; sums as in loss.ts.

import { ARGUMENTS, workspace } from "./memory";
import { sumPartials } from "./arithmetic";
import { parallel } from "./parallel";

/** Rows a chunk handles. */
const ROWS: i32 = 64;
/** Squared lengths are at least this, as in Keras. */
const SHORTEST: f64 = 1e-12;

@unmanaged
class Arguments {
  rows: i32;
  width: i32;
  scale: f32;
  y: usize;
  t: usize;
  dy: usize;
}

function cosineChunk(chunk: i32, _thread: i32): void {
  const a = changetype<Arguments>(ARGUMENTS), bytes = <usize> a.width * 4;
  const end = min((chunk + 1) * ROWS, a.rows);
  let sum: f64 = 0;
  for (let row = chunk * ROWS; row < end; row++) {
    const y = a.y + <usize> row * bytes, t = a.t + <usize> row * bytes;
    let yy: f64 = 0, tt: f64 = 0, yt: f64 = 0;
    for (let at: usize = 0; at < bytes; at += 4) {
      const u = <f64> load<f32>(y + at), v = <f64> load<f32>(t + at);
      yy += u * u, tt += v * v, yt += u * v;
    }
    const over = 1 / Math.sqrt(max(yy, SHORTEST) * max(tt, SHORTEST));
    sum -= yt * over;
    if (!a.dy) continue;
    const dy = a.dy + <usize> row * bytes, along = yy > SHORTEST ? yt / yy : 0;
    for (let at: usize = 0; at < bytes; at += 4) {
      const d = <f64> load<f32>(y + at) * along - <f64> load<f32>(t + at);
      store<f32>(dy + at, a.scale * <f32> (d * over));
    }
  }
  store<f64>(workspace() + <usize> chunk * 8, sum);
}

/**
 * -Σ over rows of y·t / (|y| |t|) as a double; dy = scale · slope where dy is not 0.
 *
 * Workspace: one double per 64 rows.
 */
export function loss_cosine(
  rows: i32,
  width: i32,
  scale: f32,
  y: usize,
  t: usize,
  dy: usize,
): f64 {
  const a = changetype<Arguments>(ARGUMENTS);
  a.rows = rows, a.width = width, a.scale = scale, a.y = y, a.t = t, a.dy = dy;
  const chunks = (rows + ROWS - 1) / ROWS;
  parallel(cosineChunk.index, chunks);
  return sumPartials(chunks);
}
