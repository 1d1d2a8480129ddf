// deno-lint-ignore-file no-unused-vars verbatim-module-syntax -- AssemblyScript: a class is a layout, used as a type
// Depthwise convolution, one filter a channel: the channels fill the lanes, nothing is packed.
//
//   y[p][c] = bias[c] + Σ over taps of x[source(p, tap)][c] · w[tap][c]
//
// The same two forms as conv2d.ts: one pass over pixels, for every tap table, and the kernel gradient.

import { ARGUMENTS, workspace, ZEROS } from "./memory";
import { kernelX, kernelY, offsetX, offsetY, outputOffset, Taps } from "./geometry";
import { parallel } from "./parallel";
import { storeLanes } from "./scatter";
import { madd } from "./simd";

/** Output pixels a chunk makes. */
const PIXELS: i32 = 256;

@unmanaged
class Depthwise {
  taps: Taps;
  source: usize;
  kernel: usize;
  bias: usize;
  output: usize;
  low: f32;
  gate: i32;
  parts: i32;
}

function passChunk(chunk: i32, _thread: i32): void {
  const d = changetype<Depthwise>(ARGUMENTS), taps = d.taps, channels = taps.sourceChannels;
  const cells = taps.gridHeight * taps.gridWidth, pixel = <usize> channels * 4;
  const first = chunk * PIXELS, end = min(first + PIXELS, taps.pictures * cells);
  const floor = f32x4.splat(d.low);
  for (let p = first; p < end; p++) {
    const n = p / cells,
      cell = p - n * cells,
      i = cell / taps.gridWidth,
      j = cell - i * taps.gridWidth;
    const out = d.output + outputOffset(taps, p);
    const picture = d.source + <usize> (n * taps.sourceHeight * taps.sourceWidth) * pixel;
    for (let c = 0; c < channels; c += 4) {
      const lane = <usize> c * 4;
      let sum = v128.load(d.bias ? d.bias + lane : ZEROS);
      for (let r = 0; r < taps.tapsY; r++) {
        const y = i * taps.stepY + offsetY(taps, r);
        if (y < 0 || y >= taps.sourceHeight) continue;
        for (let s = 0; s < taps.tapsX; s++) {
          const x = j * taps.stepX + offsetX(taps, s);
          if (x < 0 || x >= taps.sourceWidth) continue;
          const w = d.kernel +
            <usize> (kernelY(taps, r) * taps.kernelWidth + kernelX(taps, s)) * pixel;
          sum = madd(
            v128.load(picture + <usize> (y * taps.sourceWidth + x) * pixel + lane),
            v128.load(w + lane),
            sum,
          );
        }
      }
      if (d.gate) sum = v128.and(sum, f32x4.gt(v128.load(out + lane), f32x4.splat(0)));
      storeLanes(out + lane, f32x4.max(sum, floor), channels - c);
    }
  }
}

/** output = max(low, bias + depthwise convolution of the source), for the output pixels of one tap table. */
export function depthwise_pass(
  taps: usize,
  source: usize,
  kernel: usize,
  bias: usize,
  output: usize,
  low: f32,
  gate: i32,
): void {
  const d = changetype<Depthwise>(ARGUMENTS);
  d.taps = changetype<Taps>(taps), d.source = source, d.kernel = kernel, d.bias = bias;
  d.output = output, d.low = low, d.gate = gate;
  const pixels = d.taps.pictures * d.taps.gridHeight * d.taps.gridWidth;
  parallel(passChunk.index, (pixels + PIXELS - 1) / PIXELS);
}

function gradientChunk(part: i32, _thread: i32): void {
  const d = changetype<Depthwise>(ARGUMENTS), taps = d.taps, channels = taps.sourceChannels;
  const cells = taps.gridHeight * taps.gridWidth, pixel = <usize> channels * 4;
  const total = taps.pictures * cells, padded = <usize> ((channels + 3) & ~3) * 4;
  const sums = workspace() + <usize> (part * taps.tapsY * taps.tapsX) * padded;
  memory.fill(sums, 0, <usize> (taps.tapsY * taps.tapsX) * padded);
  const first = <i32> (<i64> total * part / d.parts),
    end = <i32> (<i64> total * (part + 1) / d.parts);
  for (let p = first; p < end; p++) {
    const n = p / cells,
      cell = p - n * cells,
      i = cell / taps.gridWidth,
      j = cell - i * taps.gridWidth;
    const dy = d.output + <usize> p * pixel;
    const picture = d.source + <usize> (n * taps.sourceHeight * taps.sourceWidth) * pixel;
    for (let r = 0; r < taps.tapsY; r++) {
      const y = i * taps.stepY + offsetY(taps, r);
      if (y < 0 || y >= taps.sourceHeight) continue;
      for (let s = 0; s < taps.tapsX; s++) {
        const x = j * taps.stepX + offsetX(taps, s);
        if (x < 0 || x >= taps.sourceWidth) continue;
        const from = picture + <usize> (y * taps.sourceWidth + x) * pixel;
        const to = sums + <usize> (r * taps.tapsX + s) * padded;
        for (let c: usize = 0; c < padded; c += 16) {
          v128.store(to + c, madd(v128.load(from + c), v128.load(dy + c), v128.load(to + c)));
        }
      }
    }
  }
}

function sumChunk(tap: i32, _thread: i32): void {
  const d = changetype<Depthwise>(ARGUMENTS), taps = d.taps, channels = taps.sourceChannels;
  const padded = <usize> ((channels + 3) & ~3) * 4,
    stride = <usize> (taps.tapsY * taps.tapsX) * padded;
  for (let c = 0; c < channels; c++) {
    const to = d.kernel + <usize> (tap * channels + c) * 4;
    let sum = load<f32>(to), from = workspace() + <usize> tap * padded + <usize> c * 4;
    for (let part = 0; part < d.parts; part++) {
      sum += load<f32>(from);
      from += stride;
    }
    store<f32>(to, sum);
  }
}

/** dkernel += depthwise kernel gradient. Workspace: parts · taps · (channels rounded up to 4) floats. */
export function depthwise_kernel_gradient(
  taps: usize,
  source: usize,
  dy: usize,
  dkernel: usize,
  parts: i32,
): void {
  const d = changetype<Depthwise>(ARGUMENTS);
  d.taps = changetype<Taps>(taps),
    d.source = source,
    d.output = dy,
    d.kernel = dkernel,
    d.parts = parts;
  parallel(gradientChunk.index, parts);
  parallel(sumChunk.index, d.taps.tapsY * d.taps.tapsX);
}
