// deno-lint-ignore-file no-unused-vars verbatim-module-syntax -- AssemblyScript: a class is a layout, used as a type
// Convolution with pictures interleaved, for small pictures of few channels: the vectors run along the
// pictures, so all lanes are at work however few the channels and short the rows, whatever the strides and
// dilations, and taps outside a picture are left out.
//
//   pictures [n][value]  →  [value][n]      One value of 16 or 32 pictures is four or eight vectors. An
//                                           output value is the sum of such values, each times a weight.
//
// A chunk is so many pictures: interleave, multiply, and back. All tap tables of a pass share the pictures.

import { ARGUMENTS, scratchOf, workspace, ZEROS } from "./memory";
import { innerSize, offsetX, offsetY, outputValue, Taps, TAPS_SIZE } from "./geometry";
import { parallel } from "./parallel";
import { packGroup, weightsOf } from "./planar";
import { Extent, interleavedTile, tileChannels } from "./planar_tiles";
import { transposeBounded, transposeSquare } from "./simd";
import { touch } from "./touch";

@unmanaged
class Interleaved {
  /** u32 addresses of the tap tables, each with byte offsets behind: core/interleaved.ts. */
  tables: usize;
  count: i32;
  /** Pictures of a chunk: 16 or 32. */
  pictures: i32;
  source: usize;
  kernel: usize;
  bias: usize;
  output: usize;
  swapped: i32;
  low: f32;
  gate: i32;
}

/** Values that are interleaved at a time: they stay in the L1 cache until all pictures are there. */
const BLOCK: i32 = 64;

function table(p: Interleaved, q: i32): Taps {
  return changetype<Taps>(<usize> load<u32>(p.tables + <usize> q * 4));
}

/** The byte offset of each k from the interleaved source pixel of a cell. */
export function offsetsOf(taps: Taps): usize {
  return changetype<usize>(taps) + TAPS_SIZE + <usize> (taps.tapsY + taps.tapsX) * 8;
}

/** Values of a source picture, and of an output picture. */
export function sourceSize(taps: Taps): i32 {
  return taps.sourceHeight * taps.sourceWidth * taps.sourceChannels;
}

export function outputSize(taps: Taps): i32 {
  return taps.outputHeight * taps.outputWidth * taps.outputChannels;
}

/** Interleaves `count` pictures of `size` values, with zeros up to `pictures`, a multiple of four. */
export function interleave(from: usize, size: i32, count: i32, pictures: i32, to: usize): void {
  const line = <usize> pictures * 4, picture = <usize> size * 4;
  for (let v = 0; v < size; v += BLOCK) {
    const values = min(BLOCK, size - v), squares = values & ~3;
    for (let n = 0; n < pictures; n += 4) {
      const some = max(0, min(4, count - n));
      let at = from + <usize> (n * size + v) * 4, lanes = to + <usize> v * line + <usize> n * 4;
      let i = 0;
      if (some == 4) {
        for (; i < squares; i += 4, at += 16, lanes += 4 * line) {
          transposeSquare(at, picture, lanes, line, 4);
        }
      }
      for (; i < values; i++, at += 4, lanes += line) {
        if (some < 4) v128.store(lanes, f32x4.splat(0));
        for (let k = 0, value = at; k < some; k++, value += picture) {
          store<f32>(lanes + <usize> k * 4, load<f32>(value));
        }
      }
    }
  }
}

/** The other way round, bounded and gated as `tile` says. */
function separate(
  from: usize,
  size: i32,
  count: i32,
  pictures: i32,
  to: usize,
  low: f32,
  gate: i32,
): void {
  const line = <usize> pictures * 4, picture = <usize> size * 4, floor = f32x4.splat(low);
  for (let v = 0; v < size; v += BLOCK) {
    const values = min(BLOCK, size - v), squares = values & ~3;
    for (let n = 0; n < count; n += 4) {
      const some = min(4, count - n);
      let lanes = from + <usize> v * line + <usize> n * 4, at = to + <usize> (n * size + v) * 4;
      let i = 0;
      if (some == 4 && !gate) {
        for (; i < squares; i += 4, at += 16, lanes += 4 * line) {
          transposeBounded(lanes, line, at, picture, floor);
        }
      }
      for (; i < values; i++, at += 4, lanes += line) {
        for (let k = 0, value = at; k < some; k++, value += picture) {
          let y = load<f32>(lanes + <usize> k * 4);
          if (gate && !(load<f32>(value) > 0)) y = 0;
          store<f32>(value, y < low ? low : y);
        }
      }
    }
  }
}

/** Packs the weights of one group of one table: tables one after the other. */
function packChunk(chunk: i32, _thread: i32): void {
  const p = changetype<Interleaved>(ARGUMENTS);
  let to = workspace(), q = 0, group = chunk;
  for (let taps = table(p, 0); group >= taps.groups; taps = table(p, ++q)) {
    group -= taps.groups, to += <usize> taps.groups * weightsOf(taps) * 4;
  }
  const taps = table(p, q);
  packGroup(taps, p.kernel, p.swapped != 0, true, group, to + <usize> group * weightsOf(taps) * 4);
}

/** The first tap across that column j of the grid has within the picture. */
function firstInside(taps: Taps, j: i32): i32 {
  let s = 0;
  while (s < taps.tapsX && j * taps.stepX + offsetX(taps, s) < 0) s++;
  return s;
}

/** The first tap from `s` on that it has not. */
function firstOutside(taps: Taps, j: i32, s: i32): i32 {
  while (s < taps.tapsX && j * taps.stepX + offsetX(taps, s) < taps.sourceWidth) s++;
  return s;
}

/** The output values of one table, of the pictures at `x`. */
function passTable(
  p: Interleaved,
  taps: Taps,
  x: usize,
  weights: usize,
  y: usize,
  e: Extent,
): void {
  const line = <usize> p.pictures * 4, groups = taps.groups, k = innerSize(taps);
  const channels = taps.sourceChannels / groups, n = taps.outputChannels / groups;
  const tapsX = taps.tapsX, width = taps.sourceWidth, offsets = offsetsOf(taps);
  const pixel = <usize> taps.sourceChannels * line;
  // From cell to cell of a row, and from group to group.
  const sourceStep = <usize> taps.stepX * pixel, groupSource = <usize> channels * line;
  const outputStep = <usize> (taps.strideX * taps.outputChannels) * line;
  const groupOutput = <usize> n * line, groupWeights = weightsOf(taps) * 4;
  const groupBias = p.bias ? <usize> n * 4 : 0;
  e.bytes = line, e.planeStep = line;
  for (let i = 0; i < taps.gridHeight; i++) {
    const row = i * taps.stepY;
    let top = 0, bottom = taps.tapsY;
    while (top < bottom && row + offsetY(taps, top) < 0) top++;
    while (bottom > top && row + offsetY(taps, bottom - 1) >= taps.sourceHeight) bottom--;
    for (let j = 0, end = 0; j < taps.gridWidth; j = end) {
      const left = firstInside(taps, j), right = firstOutside(taps, j, left);
      for (end = j + 1; end < taps.gridWidth; end++) {
        if (firstInside(taps, end) != left || firstOutside(taps, end, left) != right) break;
      }
      // Rows of taps that are whole follow each other: they are one run.
      const some = right - left, whole = some == tapsX;
      e.rows = whole ? 1 : bottom - top;
      e.run = <usize> ((whole ? bottom - top : 1) * some * channels) * 4;
      e.skip = <usize> ((tapsX - some) * channels) * 4;
      const first = <usize> ((top * tapsX + left) * channels) * 4;
      // A tile goes along the cells or along the groups, whichever are more.
      const cells = end - j, along = cells >= groups;
      e.cells = along ? cells : groups;
      e.sourceStep = along ? sourceStep : groupSource;
      e.outputStep = along ? outputStep : groupOutput;
      e.weightStep = along ? 0 : groupWeights, e.biasStep = along ? 0 : groupBias;
      let source = x + <usize> (row * width + j * taps.stepX) * pixel;
      let to = y + <usize> outputValue(taps, i, j) * line, w = weights;
      let bias = p.bias ? p.bias : ZEROS;
      for (let rest = along ? groups : cells; rest > 0; rest--) {
        let plane = to, at = w;
        for (let c = 0; c < n;) {
          const count = tileChannels(n - c), start = bias + (p.bias ? <usize> c * 4 : 0);
          interleavedTile(
            count,
            e,
            offsets + first,
            source,
            at + first * <usize> count,
            start,
            plane,
          );
          at += <usize> (k * count) * 4, plane += <usize> count * line, c += count;
        }
        if (along) source += groupSource, to += groupOutput, w += groupWeights, bias += groupBias;
        else source += sourceStep, to += outputStep;
      }
    }
  }
}

function passChunk(chunk: i32, thread: i32): void {
  const p = changetype<Interleaved>(ARGUMENTS), sink = scratchOf(thread), taps = table(p, 0);
  const e = changetype<Extent>(sink + 64),
    x = sink + 128,
    y = x + <usize> (sourceSize(taps) * p.pictures) * 4;
  const first = chunk * p.pictures, count = min(p.pictures, taps.pictures - first);
  const source = p.source + <usize> (first * sourceSize(taps)) * 4;
  touch(source, <usize> (count * sourceSize(taps)) * 4, 64, sink);
  interleave(source, sourceSize(taps), count, p.pictures, x);
  let weights = workspace();
  for (let q = 0; q < p.count; q++) {
    passTable(p, table(p, q), x, weights, y, e);
    weights += <usize> taps.groups * weightsOf(table(p, q)) * 4;
  }
  const output = p.output + <usize> (first * outputSize(taps)) * 4;
  separate(y, outputSize(taps), count, p.pictures, output, p.low, p.gate);
}

/**
 * output = max(low, bias + Σ over taps of source · kernel), gated as `tile` says, for the output
 * pixels of all `count` tables, which differ in their taps and output cells only and together make the
 * whole output.
 *
 * Workspace: the kernel's floats. Scratch: core/interleaved.ts.
 */
export function interleaved_pass(
  tables: usize,
  count: i32,
  pictures: i32,
  source: usize,
  kernel: usize,
  bias: usize,
  output: usize,
  swapped: i32,
  low: f32,
  gate: i32,
): void {
  const p = changetype<Interleaved>(ARGUMENTS);
  p.tables = tables, p.count = count, p.pictures = pictures, p.source = source, p.kernel = kernel;
  p.bias = bias, p.output = output, p.swapped = swapped, p.low = low, p.gate = gate;
  const taps = table(p, 0);
  parallel(packChunk.index, count * taps.groups);
  parallel(passChunk.index, (taps.pictures + pictures - 1) / pictures);
}
