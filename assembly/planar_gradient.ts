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
  offsetsOf,
  Planes,
  setBand,
  SLACK,
  splitRow,
  splitSource,
  tapKernel,
} from "./planes";
import { HEADER } from "./planar";
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

/** Bytes of the sums of one output channel: four lanes for each k, and room for those of a last tile. */
function sumsBytes(taps: Taps): usize {
  return <usize> (innerSize(taps) + 8) * 16;
}

/** The sums of one part and group: [output channel][k]. */
function sumsOf(g: Gradient, part: i32, group: i32): usize {
  const taps = g.taps, n = taps.outputChannels / taps.groups;
  return workspace() +
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

/** Eight k and one output channel: sums[k] += x[offsets[k] + f] · y[f], over all f, in four lanes. */
function dot8(offsets: usize, x: usize, y: usize, bytes: usize, sums: usize): void {
  const end = y + bytes;
  let x0 = x + <usize> load<u32>(offsets), x1 = x + <usize> load<u32>(offsets, 4);
  let x2 = x + <usize> load<u32>(offsets, 8), x3 = x + <usize> load<u32>(offsets, 12);
  let x4 = x + <usize> load<u32>(offsets, 16), x5 = x + <usize> load<u32>(offsets, 20);
  let x6 = x + <usize> load<u32>(offsets, 24), x7 = x + <usize> load<u32>(offsets, 28);
  let c0 = v128.load(sums), c1 = v128.load(sums, 16), c2 = v128.load(sums, 32);
  let c3 = v128.load(sums, 48), c4 = v128.load(sums, 64), c5 = v128.load(sums, 80);
  let c6 = v128.load(sums, 96), c7 = v128.load(sums, 112);
  while (y < end) {
    const s = v128.load(y);
    c0 = madd(v128.load(x0), s, c0), c1 = madd(v128.load(x1), s, c1);
    c2 = madd(v128.load(x2), s, c2), c3 = madd(v128.load(x3), s, c3);
    c4 = madd(v128.load(x4), s, c4), c5 = madd(v128.load(x5), s, c5);
    c6 = madd(v128.load(x6), s, c6), c7 = madd(v128.load(x7), s, c7);
    y += 16, x0 += 16, x1 += 16, x2 += 16, x3 += 16, x4 += 16, x5 += 16, x6 += 16, x7 += 16;
  }
  v128.store(sums, c0), v128.store(sums, c1, 16), v128.store(sums, c2, 32);
  v128.store(sums, c3, 48), v128.store(sums, c4, 64), v128.store(sums, c5, 80);
  v128.store(sums, c6, 96), v128.store(sums, c7, 112);
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
  const end = y + bytes, next = sums + sumStep;
  let z = y + step;
  let x0 = x + <usize> load<u32>(offsets), x1 = x + <usize> load<u32>(offsets, 4);
  let x2 = x + <usize> load<u32>(offsets, 8), x3 = x + <usize> load<u32>(offsets, 12);
  let x4 = x + <usize> load<u32>(offsets, 16), x5 = x + <usize> load<u32>(offsets, 20);
  let c0 = v128.load(sums), c1 = v128.load(sums, 16), c2 = v128.load(sums, 32);
  let c3 = v128.load(sums, 48), c4 = v128.load(sums, 64), c5 = v128.load(sums, 80);
  let d0 = v128.load(next), d1 = v128.load(next, 16), d2 = v128.load(next, 32);
  let d3 = v128.load(next, 48), d4 = v128.load(next, 64), d5 = v128.load(next, 80);
  while (y < end) {
    const s = v128.load(y), t = v128.load(z);
    let v = v128.load(x0);
    c0 = madd(v, s, c0), d0 = madd(v, t, d0);
    v = v128.load(x1), c1 = madd(v, s, c1), d1 = madd(v, t, d1);
    v = v128.load(x2), c2 = madd(v, s, c2), d2 = madd(v, t, d2);
    v = v128.load(x3), c3 = madd(v, s, c3), d3 = madd(v, t, d3);
    v = v128.load(x4), c4 = madd(v, s, c4), d4 = madd(v, t, d4);
    v = v128.load(x5), c5 = madd(v, s, c5), d5 = madd(v, t, d5);
    y += 16, z += 16, x0 += 16, x1 += 16, x2 += 16, x3 += 16, x4 += 16, x5 += 16;
  }
  v128.store(sums, c0), v128.store(sums, c1, 16), v128.store(sums, c2, 32);
  v128.store(sums, c3, 48), v128.store(sums, c4, 64), v128.store(sums, c5, 80);
  v128.store(next, d0), v128.store(next, d1, 16), v128.store(next, d2, 32);
  v128.store(next, d3, 48), v128.store(next, d4, 64), v128.store(next, d5, 80);
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
  const plane = <usize> planes.outputBytes,
    line = sumsBytes(taps),
    offsets = offsetsOf(taps, planes);
  let j = 0;
  for (; j + 2 <= n; j += 2) {
    const dy = y + <usize> j * plane, to = sums + <usize> j * line;
    for (let i: usize = 0; i < <usize> k * 4; i += 24) {
      dot6x2(offsets + i, x, dy, plane, bytes, to + 4 * i, line);
    }
  }
  if (j == n) return;
  const dy = y + <usize> j * plane, to = sums + <usize> j * line;
  for (let i: usize = 0; i < <usize> k * 4; i += 32) dot8(offsets + i, x, dy, bytes, to + 4 * i);
}

/** The bands of one part, for a few groups. */
function gradientChunk(chunk: i32, thread: i32): void {
  const g = changetype<Gradient>(ARGUMENTS), taps = g.taps, planes = g.planes;
  const channels = taps.sourceChannels / taps.groups, n = taps.outputChannels / taps.groups;
  const blocks = (taps.groups + planes.groups - 1) / planes.groups, part = chunk / blocks;
  const group = chunk % blocks * planes.groups, groups = min(planes.groups, taps.groups - group);
  const scratch = scratchOf(thread), band = changetype<Band>(scratch);
  const x = scratch + HEADER, channel = channelBytes(planes);
  const y = x + <usize> (groups * channels) * channel + SLACK;
  const sums = sumsOf(g, part, group), groupSums = <usize> n * sumsBytes(taps);
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

/** Adds the parts in order, then the lanes, for one group. */
function sumChunk(group: i32, _thread: i32): void {
  const g = changetype<Gradient>(ARGUMENTS), taps = g.taps, line = sumsBytes(taps);
  const channels = taps.sourceChannels / taps.groups, n = taps.outputChannels / taps.groups;
  const tapCount = taps.tapsY * taps.tapsX, pixel = <usize> taps.outputChannels * 4;
  let sums = sumsOf(g, 0, group);
  const step = <usize> taps.outputChannels * line;
  for (let j = 0; j < n; j++, sums += line) {
    const last = g.dkernel + <usize> (group * n + j) * 4;
    for (let c = 0, from = sums; c < channels; c++) {
      for (let t = 0; t < tapCount; t++, from += 16) {
        const to = last + <usize> (tapKernel(g.planes, t) * channels + c) * pixel;
        let sum = f32x4.splat(0), at = from;
        for (let part = 0; part < g.parts; part++, at += step) sum = f32x4.add(sum, v128.load(at));
        store<f32>(to, load<f32>(to) + <f32> sumLanes(sum));
      }
    }
  }
}

/**
 * dkernel += Σ over output pixels of sourceᵀ · dy, for the forward tap table.
 *
 * Workspace: 4 · parts · groups · n · (k + 8) floats. Scratch: see core/planar.ts.
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
  parallel(gradientChunk.index, parts * blocks);
  parallel(sumChunk.index, g.taps.groups);
}
