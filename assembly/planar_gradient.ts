// deno-lint-ignore-file no-unused-vars verbatim-module-syntax -- AssemblyScript: a class is a layout, used as a type
// The kernel gradient over planes (planes.ts): every weight is an inner product of a plane of the
// source, read from its tap's offset, and a plane of dy, which is zero wherever no output pixel lies.
//
//   dw[k][j] += Σ over cells f of x[offset k + f] · dy[j][f]
//
// The bands are split into parts, whose sums are added in order.

import { ARGUMENTS, scratchOf } from "./memory";
import { innerSize, Taps } from "./geometry";
import { parallel } from "./parallel";
import {
  Band,
  bandBytes,
  bandCount,
  channelBytes,
  channelOffsetsOf,
  Planes,
  setBand,
  SLACK,
  splitRow,
  splitSource,
} from "./planes";
import { EXTENT, HEADER } from "./planar";
import { Extent } from "./planar_tiles";
import { addDots, Gradient, setGradient, sumChunk, sumsBytes, sumsOf } from "./planar_sums";

@unmanaged
class Planar extends Gradient {
  planes: Planes;
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

/** The bands of one part, for a few groups. */
function gradientChunk(chunk: i32, thread: i32): void {
  const g = changetype<Planar>(ARGUMENTS), taps = g.taps, planes = g.planes;
  const channels = taps.sourceChannels / taps.groups, n = taps.outputChannels / taps.groups;
  const blocks = (taps.groups + planes.groups - 1) / planes.groups, part = chunk / blocks;
  const group = chunk % blocks * planes.groups, groups = min(planes.groups, taps.groups - group);
  const scratch = scratchOf(thread), band = changetype<Band>(scratch);
  const x = scratch + HEADER, channel = channelBytes(planes);
  const y = x + <usize> (groups * channels) * channel + SLACK;
  const e = changetype<Extent>(scratch + EXTENT);
  e.cells = 1, e.planeStep = <usize> planes.outputBytes;
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
    e.bytes = bandBytes(taps, planes, band);
    for (let i = 0; i < groups; i++) {
      const from = x + <usize> (i * channels) * channel;
      const dy = y + <usize> (i * n) * e.planeStep, to = sums + <usize> i * groupSums;
      addDots(taps, e, channelOffsetsOf(taps, planes), 0, innerSize(taps), from, dy, to, 0);
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
  const g = changetype<Planar>(ARGUMENTS);
  setGradient(taps, source, dy, dkernel, parts, true), g.planes = changetype<Planes>(planes);
  const blocks = (g.taps.groups + g.planes.groups - 1) / g.planes.groups;
  parallel(gradientChunk.index, parts * blocks);
  parallel(sumChunk.index, g.taps.groups);
}
