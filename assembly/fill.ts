// deno-lint-ignore-file no-unused-vars -- AssemblyScript: a class is a layout, used as a type
// One value a channel in every pixel: what a transposed convolution leaves where no tap reaches.

import { finish } from "./finish";
import { ARGUMENTS, scratchOf, ZEROS } from "./memory";
import { row } from "./microkernel_rows";
import { parallel } from "./parallel";
import { storeLanes } from "./simd";

/** Bytes a chunk writes, about. */
const CHUNK: i32 = 65536;
/** Values of a pattern, at least. */
const PATTERN: i32 = 64;

@unmanaged
class Fill {
  output: usize;
  pixels: i32;
  channels: i32;
  bias: usize;
  low: f32;
}

/** Bytes of a pattern: as many pixels as make whole vectors, and some. */
export function patternBytes(channels: i32): usize {
  return <usize> (channels * ((PATTERN + channels - 1) / channels + 3 & ~3)) * 4;
}

/** Makes a pattern: pixels of max(low, bias); `bias` may be 0. */
export function makePattern(channels: i32, bias: usize, low: f32, to: usize): void {
  const pixel = <usize> channels * 4, bytes = patternBytes(channels), from = bias ? bias : ZEROS;
  for (let c: usize = 0; c < pixel; c += 4) {
    store<f32>(to + c, max<f32>(load<f32>(from + c), low));
  }
  for (let done = pixel; done < bytes; done += pixel) memory.copy(to + done, to, pixel);
}

/** Writes a pattern over and over. */
export function fillRun(to: usize, bytes: usize, pattern: usize, size: usize): void {
  const last = to + bytes;
  while (to < last) {
    const end = to + min(size, last - to);
    let from = pattern;
    for (; to + 16 <= end; to += 16, from += 16) v128.store(to, v128.load(from));
    for (; to < end; to += 4, from += 4) store<f32>(to, load<f32>(from));
  }
}

function pixelsOf(channels: i32): i32 {
  return max(1, CHUNK / (4 * channels));
}

function fillChunk(chunk: i32, thread: i32): void {
  const f = changetype<Fill>(ARGUMENTS), some = pixelsOf(f.channels), first = chunk * some;
  const pixel = <usize> f.channels * 4, pattern = scratchOf(thread);
  makePattern(f.channels, f.bias, f.low, pattern);
  const to = f.output + <usize> first * pixel, bytes = <usize> min(some, f.pixels - first) * pixel;
  fillRun(to, bytes, pattern, patternBytes(f.channels));
}

/**
 * output = max(low, bias) for so many pixels; `bias` may be 0.
 *
 * Scratch: 16 bytes a channel, and 512.
 */
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
 * The same for some pixels here and there.
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
