// deno-lint-ignore-file no-unused-vars -- AssemblyScript: a class is a layout, used as a type
// One value a channel in every pixel: what a transposed convolution leaves where no tap reaches.

import { ARGUMENTS, ZEROS } from "./memory";
import { parallel } from "./parallel";

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
