// deno-lint-ignore-file no-unused-vars -- AssemblyScript: a class is a layout, used as a type
// The overlap of masks. A picture's pixels are cut into a fixed number of parts, whose sums are added in
// order; then every pixel's gradient is a·t + b, with a and b of its picture and class.

import { ARGUMENTS, workspace } from "./memory";
import { parallel } from "./parallel";

/** Parts that the pixels of a picture are cut into. */
const PARTS: i32 = 8;

@unmanaged
class Arguments {
  pixels: i32;
  width: i32;
  sparse: i32;
  scale: f32;
  y: usize;
  t: usize;
  dy: usize;
  slopes: usize;
}

function firstPixel(a: Arguments, part: i32): i32 {
  return <i32> (<i64> a.pixels * part / PARTS);
}

function target(a: Arguments, pixel: i32, class_: i32): f32 {
  if (!a.sparse) return load<f32>(a.t + <usize> (pixel * a.width + class_) * 4);
  return <i32> load<f32>(a.t + <usize> pixel * 4) == class_ ? 1 : 0;
}

/** Σ t·y and Σ t + y of a part of a picture, for each class. */
function sumChunk(chunk: i32, _thread: i32): void {
  const a = changetype<Arguments>(ARGUMENTS), base = chunk / PARTS * a.pixels;
  const from = base + firstPixel(a, chunk % PARTS), end = base + firstPixel(a, chunk % PARTS + 1);
  let to = workspace() + <usize> (chunk * a.width) * 16;
  for (let k = 0; k < a.width; k++) {
    let both: f64 = 0, all: f64 = 0;
    for (let i = from; i < end; i++) {
      const y = <f64> load<f32>(a.y + <usize> (i * a.width + k) * 4), t = <f64> target(a, i, k);
      both += y * t;
      all += y + t;
    }
    store<f64>(to, both), store<f64>(to, all, 8);
    to += 16;
  }
}

function slopeChunk(chunk: i32, _thread: i32): void {
  const a = changetype<Arguments>(ARGUMENTS), picture = chunk / PARTS, base = picture * a.pixels;
  const from = base + firstPixel(a, chunk % PARTS), end = base + firstPixel(a, chunk % PARTS + 1);
  const slopes = a.slopes + <usize> (picture * a.width) * 8;
  for (let i = from; i < end; i++) {
    for (let k = 0; k < a.width; k++) {
      const at = slopes + <usize> k * 8;
      const slope = load<f32>(at) * target(a, i, k) + load<f32>(at, 4);
      store<f32>(a.dy + <usize> (i * a.width + k) * 4, a.scale * slope);
    }
  }
}

/**
 * Σ over pictures and classes of 1 - (2Σty + smooth) / (Σt + Σy + smooth) as a double; dy = scale · slope
 * where dy is not 0.
 *
 * @param sparse 1 where t holds a class number for each pixel, 0 where it is as y
 *
 * Workspace: 136 bytes for each picture and class.
 */
export function loss_dice(
  pictures: i32,
  pixels: i32,
  width: i32,
  sparse: i32,
  smooth: f32,
  scale: f32,
  y: usize,
  t: usize,
  dy: usize,
): f64 {
  const a = changetype<Arguments>(ARGUMENTS);
  a.pixels = pixels, a.width = width, a.sparse = sparse, a.scale = scale;
  a.y = y, a.t = t, a.dy = dy;
  a.slopes = workspace() + <usize> (pictures * PARTS * width) * 16;
  parallel(sumChunk.index, pictures * PARTS);
  let sum: f64 = 0;
  for (let i = 0; i < pictures * width; i++) {
    const picture = i / width, class_ = i % width;
    let both: f64 = smooth, all: f64 = smooth;
    for (let part = 0; part < PARTS; part++) {
      const from = workspace() + <usize> ((picture * PARTS + part) * width + class_) * 16;
      both += 2 * load<f64>(from);
      all += load<f64>(from, 8);
    }
    sum += 1 - both / all;
    store<f32>(a.slopes + <usize> i * 8, <f32> (-2 / all));
    store<f32>(a.slopes + <usize> i * 8, <f32> (both / (all * all)), 4);
  }
  if (dy) parallel(slopeChunk.index, pictures * PARTS);
  return sum;
}
