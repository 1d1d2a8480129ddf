// deno-lint-ignore-file no-unused-vars verbatim-module-syntax -- AssemblyScript: a class is a layout, used as a type
// The kernel gradient of depthwise.ts: each tap of a channel is an inner product over the output's pixels.

import { addParts } from "./conv2d_gradient";
import { Depthwise, touchSource } from "./depthwise";
import { kernelX, kernelY, offsetX, offsetY, Taps } from "./geometry";
import { ARGUMENTS, scratchOf, workspace } from "./memory";
import { parallel } from "./parallel";
import { madd } from "./simd";
import { touch } from "./touch";

@unmanaged
class Gradient extends Depthwise {
  parts: i32;
}

/** One row of output cells and one tap: dw[tap] += Σ over cells of x·dy, sixteen channels at a time in registers. */
function addRow(
  x: usize,
  stepX: usize,
  dy: usize,
  count: i32,
  pixel: usize,
  padded: usize,
  sums: usize,
): void {
  let c: usize = 0;
  for (; c + 64 <= padded; c += 64) {
    let s0 = v128.load(sums + c), s1 = v128.load(sums + c, 16);
    let s2 = v128.load(sums + c, 32), s3 = v128.load(sums + c, 48);
    let a = x + c, b = dy + c;
    for (let i = 0; i < count; i++, a += stepX, b += pixel) {
      s0 = madd(v128.load(a), v128.load(b), s0);
      s1 = madd(v128.load(a, 16), v128.load(b, 16), s1);
      s2 = madd(v128.load(a, 32), v128.load(b, 32), s2);
      s3 = madd(v128.load(a, 48), v128.load(b, 48), s3);
    }
    v128.store(sums + c, s0), v128.store(sums + c, s1, 16);
    v128.store(sums + c, s2, 32), v128.store(sums + c, s3, 48);
  }
  for (; c < padded; c += 16) {
    let sum = v128.load(sums + c), a = x + c, b = dy + c;
    for (let i = 0; i < count; i++, a += stepX, b += pixel) {
      sum = madd(v128.load(a), v128.load(b), sum);
    }
    v128.store(sums + c, sum);
  }
}

/** The rows of one part of all pictures, tap by tap; the table is the forward one, whose grid is the output. */
function gradientChunk(part: i32, thread: i32): void {
  const d = changetype<Gradient>(ARGUMENTS), taps = d.taps, channels = taps.sourceChannels;
  const pixel = <usize> channels * 4, padded = <usize> ((channels + 3) & ~3) * 4;
  const sums = workspace() + <usize> (part * taps.tapsY * taps.tapsX) * padded;
  memory.fill(sums, 0, <usize> (taps.tapsY * taps.tapsX) * padded);
  const rows = taps.pictures * taps.gridHeight;
  const first = <i32> (<i64> rows * part / d.parts),
    end = <i32> (<i64> rows * (part + 1) / d.parts);
  for (let row = first; row < end; row++) {
    const n = row / taps.gridHeight, i = row - n * taps.gridHeight;
    const dy = d.output + <usize> (row * taps.gridWidth) * pixel;
    if (taps.tapsY) touchSource(d, n, i, i == 0 || row == first, scratchOf(thread));
    touch(dy, <usize> taps.gridWidth * pixel, 64, scratchOf(thread));
    for (let r = 0; r < taps.tapsY; r++) {
      const y = i * taps.stepY + offsetY(taps, r);
      if (<u32> y >= <u32> taps.sourceHeight) continue;
      const line = d.source + <usize> ((n * taps.sourceHeight + y) * taps.sourceWidth) * pixel;
      for (let s = 0; s < taps.tapsX; s++) {
        // The cells whose source pixel under this tap lies in the picture.
        const offset = offsetX(taps, s), step = taps.stepX;
        const left = offset < 0 ? (step - 1 - offset) / step : 0;
        const reach = taps.sourceWidth - 1 - offset;
        const right = min(taps.gridWidth, reach < 0 ? 0 : reach / step + 1);
        if (left >= right) continue;
        const x = line + <usize> (left * step + offset) * pixel,
          to = sums + <usize> (r * taps.tapsX + s) * padded;
        addRow(x, <usize> step * pixel, dy + <usize> left * pixel, right - left, pixel, padded, to);
      }
    }
  }
}

function sumChunk(tap: i32, _thread: i32): void {
  const d = changetype<Gradient>(ARGUMENTS), taps = d.taps, channels = taps.sourceChannels;
  const padded = <usize> ((channels + 3) & ~3) * 4,
    stride = <usize> (taps.tapsY * taps.tapsX) * padded;
  const pixel = kernelY(taps, tap / taps.tapsX) * taps.kernelWidth +
    kernelX(taps, tap % taps.tapsX);
  const from = workspace() + <usize> tap * padded;
  addParts(channels, d.parts, from, stride, d.kernel + <usize> (pixel * channels) * 4);
}

/** dkernel += depthwise kernel gradient. Workspace: parts · taps · (channels rounded up to 4) floats. Scratch: 64 bytes. */
export function depthwise_kernel_gradient(
  taps: usize,
  source: usize,
  dy: usize,
  dkernel: usize,
  parts: i32,
): void {
  const d = changetype<Gradient>(ARGUMENTS);
  d.taps = changetype<Taps>(taps),
    d.source = source,
    d.output = dy,
    d.kernel = dkernel,
    d.parts = parts;
  parallel(gradientChunk.index, parts);
  parallel(sumChunk.index, d.taps.tapsY * d.taps.tapsX);
}
