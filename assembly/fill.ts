// deno-lint-ignore-file no-unused-vars -- AssemblyScript: a class is a layout, used as a type
// One value a channel in every pixel: what a transposed convolution leaves where no tap reaches.

import { finish } from "./finish";
import { ARGUMENTS, ZEROS } from "./memory";
import { row } from "./microkernel_rows";
import { parallel } from "./parallel";
import { storeLanes } from "./simd";

/** Bytes a chunk writes, about: they stay in the L2 cache while they double. */
const CHUNK: i32 = 65536;

@unmanaged
class Fill {
  output: usize;
  pixels: i32;
  channels: i32;
  bias: usize;
  low: f32;
}

function pixelsOf(channels: i32): i32 {
  return max(1, CHUNK / (4 * channels));
}

/** Writes one pixel and copies it, then both, then all four … */
function fillChunk(chunk: i32, _thread: i32): void {
  const f = changetype<Fill>(ARGUMENTS), some = pixelsOf(f.channels), first = chunk * some;
  const pixel = <usize> f.channels * 4, to = f.output + <usize> first * pixel;
  const bytes = <usize> min(some, f.pixels - first) * pixel, bias = f.bias ? f.bias : ZEROS;
  for (let c: usize = 0; c < pixel; c += 4) {
    store<f32>(to + c, max<f32>(load<f32>(bias + c), f.low));
  }
  for (let done = pixel; done < bytes; done *= 2) {
    memory.copy(to + done, to, min(done, bytes - done));
  }
}

/** output = max(low, bias) for so many pixels; `bias` may be 0. */
export function fill_pixels(
  output: usize,
  pixels: i32,
  channels: i32,
  bias: usize,
  low: f32,
): void {
  const f = changetype<Fill>(ARGUMENTS), some = pixelsOf(channels);
  f.output = output, f.pixels = pixels, f.channels = channels, f.bias = bias, f.low = low;
  parallel(fillChunk.index, (pixels + some - 1) / some);
}

/**
 * The same for some pixels.
 *
 * @param to   table of their addresses
 * @param init a value for each channel
 * @param low,gate as of `tile`
 * @param line scratch for a pixel
 */
export function fillCells(
  count: i32,
  channels: i32,
  to: usize,
  init: usize,
  low: f32,
  gate: i32,
  line: usize,
): void {
  const bytes = <usize> channels * 4, whole = bytes & ~15;
  for (let c: usize = 0; c < bytes; c += 16) finish(line + c, v128.load(init + c), 4, low, 0);
  for (const end = to + <usize> count * 4; to < end; to += 4) {
    const pixel = row(to, 0);
    if (gate) {
      for (let c = 0; c < channels; c += 4) {
        const at = <usize> c * 4;
        finish(pixel + at, v128.load(line + at), channels - c, low, gate);
      }
      continue;
    }
    for (let c: usize = 0; c < whole; c += 16) v128.store(pixel + c, v128.load(line + c));
    if (channels & 3) storeLanes(pixel + whole, v128.load(line + whole), channels & 3);
  }
}
