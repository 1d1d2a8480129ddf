// deno-lint-ignore-file no-unused-vars verbatim-module-syntax -- AssemblyScript: a class is a layout, used as a type
// The kernel gradient over planes (planes.ts): every weight is an inner product of a plane of the
// source, read from its tap's offset, and a plane of dy, which is zero wherever no output pixel lies.
//
//   dw[k][j] += Σ over cells f of x[offset k + f] · dy[j][f]
//
// The bands are split into parts, whose sums are added in order.

import { ARGUMENTS, scratchOf, workspace } from "./memory";
import { innerSize, Taps } from "./geometry";
import { parallel } from "./parallel";
import {
  Band,
  bandBytes,
  bandCount,
  channelBytes,
  Planes,
  setBand,
  SLACK,
  splitRow,
  splitSource,
  tapKernel,
} from "./planes";
import { BAND_BYTES, offsetsBytes, writeOffsets } from "./planar";
import { madd, sumLanes } from "./simd";

@unmanaged
class Gradient {
  taps: Taps;
  planes: Planes;
  source: usize;
  dy: usize;
  dkernel: usize;
  parts: i32;
}

/** Bytes of the sums of one output channel: one for each k, and room for those of a last tile. */
function sumsBytes(taps: Taps): usize {
  return <usize> (innerSize(taps) + 8) * 4;
}

/** The sums of one part and group: [output channel][k]. */
function sumsOf(g: Gradient, part: i32, group: i32): usize {
  const taps = g.taps, n = taps.outputChannels / taps.groups;
  return workspace() + offsetsBytes(taps) +
    <usize> ((part * taps.groups + group) * n) * sumsBytes(taps);
}

/** Makes the planes of `count` channels of dy, zero between rows and after the last. */
function splitGradient(
  taps: Taps,
  planes: Planes,
  band: Band,
  dy: usize,
  count: i32,
  to: usize,
): void {
  const pixel = <usize> taps.outputChannels * 4, plane = <usize> planes.outputBytes;
  const pitch = <usize> planes.pitch * 4, width = taps.gridWidth;
  memory.fill(to, 0, <usize> count * plane);
  for (let n = 0; n < band.pictures; n++) {
    const row = (band.firstPicture + n) * taps.gridHeight + band.firstRow;
    let from = dy + <usize> (row * width) * pixel;
    let at = to + <usize> (n * planes.pictureRows) * pitch;
    for (let i = 0; i < band.rows; i++, at += pitch) {
      splitRow(from, pixel, width, count, at, plane);
      from += <usize> width * pixel;
    }
  }
}

function add(to: usize, sum: v128): void {
  store<f32>(to, load<f32>(to) + <f32> sumLanes(sum));
}

/** Eight k and one output channel: sums[k] += Σ over f of x[offsets[k] + f] · y[f]. */
function dot8(offsets: usize, x: usize, y: usize, bytes: usize, sums: usize): void {
  const end = y + bytes;
  let x0 = x + <usize> load<u32>(offsets), x1 = x + <usize> load<u32>(offsets, 4);
  let x2 = x + <usize> load<u32>(offsets, 8), x3 = x + <usize> load<u32>(offsets, 12);
  let x4 = x + <usize> load<u32>(offsets, 16), x5 = x + <usize> load<u32>(offsets, 20);
  let x6 = x + <usize> load<u32>(offsets, 24), x7 = x + <usize> load<u32>(offsets, 28);
  let c0 = f32x4.splat(0), c1 = c0, c2 = c0, c3 = c0, c4 = c0, c5 = c0, c6 = c0, c7 = c0;
  while (y < end) {
    let s = v128.load(y);
    c0 = madd(v128.load(x0), s, c0), c1 = madd(v128.load(x1), s, c1);
    c2 = madd(v128.load(x2), s, c2), c3 = madd(v128.load(x3), s, c3);
    c4 = madd(v128.load(x4), s, c4), c5 = madd(v128.load(x5), s, c5);
    c6 = madd(v128.load(x6), s, c6), c7 = madd(v128.load(x7), s, c7);
    s = v128.load(y, 16);
    c0 = madd(v128.load(x0, 16), s, c0), c1 = madd(v128.load(x1, 16), s, c1);
    c2 = madd(v128.load(x2, 16), s, c2), c3 = madd(v128.load(x3, 16), s, c3);
    c4 = madd(v128.load(x4, 16), s, c4), c5 = madd(v128.load(x5, 16), s, c5);
    c6 = madd(v128.load(x6, 16), s, c6), c7 = madd(v128.load(x7, 16), s, c7);
    y += 32, x0 += 32, x1 += 32, x2 += 32, x3 += 32, x4 += 32, x5 += 32, x6 += 32, x7 += 32;
  }
  add(sums, c0), add(sums + 4, c1), add(sums + 8, c2), add(sums + 12, c3);
  add(sums + 16, c4), add(sums + 20, c5), add(sums + 24, c6), add(sums + 28, c7);
}

/** Six k and two output channels, whose planes are `step` bytes apart and sums `sumStep`. */
function dot6x2(
  offsets: usize,
  x: usize,
  y: usize,
  step: usize,
  bytes: usize,
  sums: usize,
  sumStep: usize,
): void {
  const end = y + bytes;
  let z = y + step;
  let x0 = x + <usize> load<u32>(offsets), x1 = x + <usize> load<u32>(offsets, 4);
  let x2 = x + <usize> load<u32>(offsets, 8), x3 = x + <usize> load<u32>(offsets, 12);
  let x4 = x + <usize> load<u32>(offsets, 16), x5 = x + <usize> load<u32>(offsets, 20);
  let c0 = f32x4.splat(0), c1 = c0, c2 = c0, c3 = c0, c4 = c0, c5 = c0;
  let d0 = c0, d1 = c0, d2 = c0, d3 = c0, d4 = c0, d5 = c0;
  while (y < end) {
    let s = v128.load(y), t = v128.load(z), v = v128.load(x0);
    c0 = madd(v, s, c0), d0 = madd(v, t, d0);
    v = v128.load(x1), c1 = madd(v, s, c1), d1 = madd(v, t, d1);
    v = v128.load(x2), c2 = madd(v, s, c2), d2 = madd(v, t, d2);
    v = v128.load(x3), c3 = madd(v, s, c3), d3 = madd(v, t, d3);
    v = v128.load(x4), c4 = madd(v, s, c4), d4 = madd(v, t, d4);
    v = v128.load(x5), c5 = madd(v, s, c5), d5 = madd(v, t, d5);
    s = v128.load(y, 16), t = v128.load(z, 16);
    v = v128.load(x0, 16), c0 = madd(v, s, c0), d0 = madd(v, t, d0);
    v = v128.load(x1, 16), c1 = madd(v, s, c1), d1 = madd(v, t, d1);
    v = v128.load(x2, 16), c2 = madd(v, s, c2), d2 = madd(v, t, d2);
    v = v128.load(x3, 16), c3 = madd(v, s, c3), d3 = madd(v, t, d3);
    v = v128.load(x4, 16), c4 = madd(v, s, c4), d4 = madd(v, t, d4);
    v = v128.load(x5, 16), c5 = madd(v, s, c5), d5 = madd(v, t, d5);
    y += 32, z += 32, x0 += 32, x1 += 32, x2 += 32, x3 += 32, x4 += 32, x5 += 32;
  }
  add(sums, c0), add(sums + 4, c1), add(sums + 8, c2);
  add(sums + 12, c3), add(sums + 16, c4), add(sums + 20, c5);
  sums += sumStep;
  add(sums, d0), add(sums + 4, d1), add(sums + 8, d2);
  add(sums + 12, d3), add(sums + 16, d4), add(sums + 20, d5);
}

/** All sums of one group over one band. */
function addGroup(
  taps: Taps,
  planes: Planes,
  x: usize,
  y: usize,
  bytes: usize,
  sums: usize,
): void {
  const k = innerSize(taps), n = taps.outputChannels / taps.groups;
  const plane = <usize> planes.outputBytes, line = sumsBytes(taps), offsets = workspace();
  let j = 0;
  for (; j + 2 <= n; j += 2) {
    const dy = y + <usize> j * plane, to = sums + <usize> j * line;
    for (let i: usize = 0; i < <usize> k * 4; i += 24) {
      dot6x2(offsets + i, x, dy, plane, bytes, to + i, line);
    }
  }
  if (j == n) return;
  const dy = y + <usize> j * plane, to = sums + <usize> j * line;
  for (let i: usize = 0; i < <usize> k * 4; i += 32) dot8(offsets + i, x, dy, bytes, to + i);
}

/** The bands of one part, for a few groups. */
function gradientChunk(chunk: i32, thread: i32): void {
  const g = changetype<Gradient>(ARGUMENTS), taps = g.taps, planes = g.planes;
  const channels = taps.sourceChannels / taps.groups, n = taps.outputChannels / taps.groups;
  const blocks = (taps.groups + planes.groups - 1) / planes.groups, part = chunk / blocks;
  const group = chunk % blocks * planes.groups, groups = min(planes.groups, taps.groups - group);
  const scratch = scratchOf(thread), band = changetype<Band>(scratch);
  const x = scratch + BAND_BYTES, channel = channelBytes(planes);
  const y = x + <usize> (groups * channels) * channel + SLACK;
  const sums = sumsOf(g, part, group), groupSums = sumsOf(g, part, group + 1) - sums;
  memory.fill(sums, 0, <usize> groups * groupSums);
  const count = bandCount(taps, planes);
  const first = <i32> (<i64> count * part / g.parts),
    end = <i32> (<i64> count * (part + 1) / g.parts);
  for (let index = first; index < end; index++) {
    setBand(band, taps, planes, index);
    const source = g.source + <usize> (group * channels) * 4;
    splitSource(taps, planes, band, source, groups * channels, x, group == 0);
    splitGradient(taps, planes, band, g.dy + <usize> (group * n) * 4, groups * n, y);
    const bytes = bandBytes(taps, planes, band);
    for (let i = 0; i < groups; i++) {
      const from = x + <usize> (i * channels) * channel;
      const dy = y + <usize> (i * n) * <usize> planes.outputBytes;
      addGroup(taps, planes, from, dy, bytes, sums + <usize> i * groupSums);
    }
  }
}

function offsetsChunk(_chunk: i32, _thread: i32): void {
  const g = changetype<Gradient>(ARGUMENTS);
  writeOffsets(g.taps, g.planes, workspace());
}

/** Adds the parts in order, for one group. */
function sumChunk(group: i32, _thread: i32): void {
  const g = changetype<Gradient>(ARGUMENTS), taps = g.taps, line = sumsBytes(taps);
  const channels = taps.sourceChannels / taps.groups, n = taps.outputChannels / taps.groups;
  const tapCount = taps.tapsY * taps.tapsX, pixel = <usize> taps.outputChannels * 4;
  const step = sumsOf(g, 1, group) - sumsOf(g, 0, group);
  for (let t = 0; t < tapCount; t++) {
    for (let c = 0; c < channels; c++) {
      const row = <usize> (tapKernel(g.planes, t) * channels + c) * pixel;
      let from = sumsOf(g, 0, group) + <usize> (c * tapCount + t) * 4;
      let to = g.dkernel + row + <usize> (group * n) * 4;
      for (let j = 0; j < n; j++, to += 4, from += line) {
        let sum = load<f32>(to), at = from;
        for (let part = 0; part < g.parts; part++, at += step) sum += load<f32>(at);
        store<f32>(to, sum);
      }
    }
  }
}

/**
 * dkernel += Σ over output pixels of sourceᵀ · dy, for the forward tap table.
 *
 * Workspace: k + 32 + parts · groups · n · (k + 8) floats. Scratch: see core/planar.ts.
 */
export function planar_kernel_gradient(
  taps: usize,
  planes: usize,
  source: usize,
  dy: usize,
  dkernel: usize,
  parts: i32,
): void {
  const g = changetype<Gradient>(ARGUMENTS);
  g.taps = changetype<Taps>(taps), g.planes = changetype<Planes>(planes);
  g.source = source, g.dy = dy, g.dkernel = dkernel, g.parts = parts;
  const blocks = (g.taps.groups + g.planes.groups - 1) / g.planes.groups;
  parallel(offsetsChunk.index, 1);
  parallel(gradientChunk.index, parts * blocks);
  parallel(sumChunk.index, g.taps.groups);
}
