// deno-lint-ignore-file no-unused-vars verbatim-module-syntax -- AssemblyScript: a class is a layout, used as a type
// The kernel gradient with pictures interleaved (interleaved.ts): every weight is a sum over cells of
// inner products over pictures, of the source value under its tap and the cell's dy.
//
//   dw[k][j] += Σ over cells and pictures n of x[cell's place of k][n] · dy[cell][j][n]
//
// The pictures are split into parts, whose sums are added in order.

import { ARGUMENTS, scratchOf, ZEROS } from "./memory";
import { innerSize, offsetX, offsetY, Taps } from "./geometry";
import { interleave, offsetsOf, outputSize, sourceSize } from "./interleaved";
import { parallel } from "./parallel";
import { addDots, Gradient, setGradient, sumChunk, sumsBytes, sumsOf } from "./planar_sums";
import { Extent } from "./planar_tiles";
import { touch } from "./touch";

@unmanaged
class Interleaved extends Gradient {
  /** Pictures that are interleaved at a time: 16 or 32. */
  pictures: i32;
}

/** Lists where each k of a cell is read, zeros where that lies outside the picture; and eight more. */
function listPlaces(taps: Taps, i: i32, j: i32, source: usize, to: usize): void {
  const channels = taps.sourceChannels / taps.groups;
  let offset = offsetsOf(taps);
  for (let r = 0; r < taps.tapsY; r++) {
    const inside = <u32> (i * taps.stepY + offsetY(taps, r)) < <u32> taps.sourceHeight;
    for (let s = 0; s < taps.tapsX; s++) {
      const there = inside && <u32> (j * taps.stepX + offsetX(taps, s)) < <u32> taps.sourceWidth;
      for (let c = 0; c < channels; c++, offset += 4, to += 4) {
        store<u32>(to, <u32> (there ? source + <usize> load<u32>(offset) : ZEROS));
      }
    }
  }
  for (const end = to + 32; to < end; to += 4) store<u32>(to, <u32> ZEROS);
}

/**
 * Adds what row i of the grid makes to the sums of all groups: cells with all taps of a row together,
 * others one by one.
 *
 * @param scratch an extent, room for twelve vectors, and a list of k
 */
function addRow(taps: Taps, i: i32, x: usize, y: usize, sums: usize, scratch: usize): void {
  const e = changetype<Extent>(scratch), spare = scratch + 64, places = spare + 192;
  const groups = taps.groups, channels = taps.sourceChannels / groups, k = innerSize(taps);
  const n = taps.outputChannels / groups, line = e.bytes, step = taps.tapsX * channels;
  const groupSums = <usize> n * sumsBytes(taps), row = i * taps.stepY;
  let top = 0, bottom = taps.tapsY;
  while (top < bottom && row + offsetY(taps, top) < 0) top++;
  while (bottom > top && row + offsetY(taps, bottom - 1) >= taps.sourceHeight) bottom--;
  if (top == bottom) return;
  for (let j = 0; j < taps.gridWidth; j += e.cells) {
    const whole = allInside(taps, j);
    let end = j + 1;
    while (whole && end < taps.gridWidth && allInside(taps, end)) end++;
    e.cells = end - j;
    const pixel = (row * taps.sourceWidth + j * taps.stepX) * taps.sourceChannels;
    const cell = y + <usize> ((i * taps.gridWidth + j) * taps.outputChannels) * line;
    for (let g = 0; g < groups; g++) {
      const from = x + <usize> (pixel + g * channels) * line;
      const dy = cell + <usize> (g * n) * line, to = sums + <usize> g * groupSums;
      if (whole) {
        addDots(taps, e, offsetsOf(taps), top * step, bottom * step, from, dy, to, spare);
      } else {
        listPlaces(taps, i, j, from, places);
        addDots(taps, e, places, 0, k, 0, dy, to, spare);
      }
    }
  }
}

/** Whether all taps across of column j of the grid lie within the picture. */
function allInside(taps: Taps, j: i32): bool {
  const x = j * taps.stepX;
  return x + offsetX(taps, 0) >= 0 && x + offsetX(taps, taps.tapsX - 1) < taps.sourceWidth;
}

/** The pictures of one part. */
function gradientChunk(part: i32, thread: i32): void {
  const g = changetype<Interleaved>(ARGUMENTS), taps = g.taps, pictures = g.pictures;
  const line = <usize> pictures * 4, sums = sumsOf(g, part, 0);
  const x = scratchOf(thread), y = x + <usize> sourceSize(taps) * line;
  const rest = y + <usize> outputSize(taps) * line, e = changetype<Extent>(rest);
  e.bytes = line, e.planeStep = line;
  e.sourceStep = <usize> (taps.stepX * taps.sourceChannels) * line;
  e.outputStep = <usize> taps.outputChannels * line;
  memory.fill(sums, 0, <usize> taps.outputChannels * sumsBytes(taps));
  const blocks = (taps.pictures + pictures - 1) / pictures;
  const last = <i32> (<i64> blocks * (part + 1) / g.parts);
  for (let block = <i32> (<i64> blocks * part / g.parts); block < last; block++) {
    const first = block * pictures, count = min(pictures, taps.pictures - first);
    const source = g.source + <usize> (first * sourceSize(taps)) * 4;
    touch(source, <usize> (count * sourceSize(taps)) * 4, 64, rest);
    interleave(source, sourceSize(taps), count, pictures, x);
    const dy = g.dy + <usize> (first * outputSize(taps)) * 4;
    interleave(dy, outputSize(taps), count, pictures, y);
    for (let i = 0; i < taps.gridHeight; i++) addRow(taps, i, x, y, sums, rest);
  }
}

/**
 * dkernel += Σ over output pixels of sourceᵀ · dy, for the forward tap table.
 *
 * Workspace: 4 · parts · groups · n · (k + 8) floats. Scratch: see core/interleaved.ts.
 */
export function interleaved_kernel_gradient(
  taps: usize,
  pictures: i32,
  source: usize,
  dy: usize,
  dkernel: usize,
  parts: i32,
): void {
  const g = changetype<Interleaved>(ARGUMENTS);
  setGradient(taps, source, dy, dkernel, parts, false), g.pictures = pictures;
  parallel(gradientChunk.index, parts);
  parallel(sumChunk.index, g.taps.groups);
}
