// deno-lint-ignore-file no-unused-vars verbatim-module-syntax -- AssemblyScript: a class is a layout, used as a type
// Convolution over planes (planes.ts), for few channels in or out of a group, depthwise included: the
// vectors run along the pixels, so all lanes are at work however few the channels.
//
//        F                     K             F           F: cells of a band, row after row
//     ┌─────┐               ┌─────┐       ┌─────┐        K: taps · channels in of a group
//   N │  y  │ = bias +    N │  wᵀ │  · K  │  x  │        N: channels out of a group
//     └─────┘               └─────┘       └─────┘
//
// Row k of x is not made: it is the plane of its channel, read from the offset of its tap. A chunk
// is a band of pixels and a few groups: split into planes, multiply, join.

import { ARGUMENTS, scratchOf, workspace, ZEROS } from "./memory";
import { innerSize, tapKernel, Taps } from "./geometry";
import { parallel } from "./parallel";
import {
  Band,
  bandBytes,
  bandCount,
  channelBytes,
  joinOutput,
  offsetsOf,
  Planes,
  setBand,
  SLACK,
  splitSource,
} from "./planes";
import { Extent, planarTile, tileChannels, tilePlanes } from "./planar_tiles";

@unmanaged
class Planar {
  taps: Taps;
  planes: Planes;
  source: usize;
  kernel: usize;
  bias: usize;
  output: usize;
  swapped: i32;
  low: f32;
  gate: i32;
}

/** Scratch at the start of a thread's: where its band is, room for four vectors, and the extent of its tiles. */
export const HEADER: usize = 192;
export const EXTENT: usize = 96;

/** Floats of the packed weights of a group. */
export function weightsOf(taps: Taps): usize {
  return <usize> (innerSize(taps) * (taps.outputChannels / taps.groups));
}

/**
 * Packs a group's weights as [tile][k][planes of the tile].
 *
 * @param swapped     whether the kernel's last axis is the source's channels
 * @param interleaved whose tiles they are for
 */
export function packGroup(
  taps: Taps,
  kernel: usize,
  swapped: bool,
  interleaved: bool,
  group: i32,
  to: usize,
): void {
  const channels = taps.sourceChannels / taps.groups, n = taps.outputChannels / taps.groups;
  const tapCount = taps.tapsY * taps.tapsX;
  // Bytes between neighbours along the source channel, the output channel, and the kernel's pixels.
  const last = <usize> (swapped ? taps.sourceChannels : taps.outputChannels) * 4;
  const slice = last * <usize> (swapped ? n : channels);
  const along = swapped ? <usize> 4 : last, across = swapped ? last : <usize> 4;
  const from = kernel + <usize> (group * (swapped ? channels : n)) * 4;
  for (let j = 0; j < n;) {
    const count = interleaved ? tileChannels(n - j) : tilePlanes(n - j);
    for (let t = 0; t < tapCount; t++) {
      let at = from + <usize> tapKernel(taps, t) * slice + <usize> j * across;
      for (let c = 0; c < channels; c++, at += along) {
        for (let i = 0; i < count; i++, to += 4) {
          store<f32>(to, load<f32>(at + <usize> i * across));
        }
      }
    }
    j += count;
  }
}

function packChunk(group: i32, _thread: i32): void {
  const p = changetype<Planar>(ARGUMENTS), to = workspace() + <usize> group * weightsOf(p.taps) * 4;
  packGroup(p.taps, p.kernel, p.swapped != 0, false, group, to);
}

function passChunk(chunk: i32, thread: i32): void {
  const p = changetype<Planar>(ARGUMENTS), taps = p.taps, planes = p.planes;
  const channels = taps.sourceChannels / taps.groups, n = taps.outputChannels / taps.groups;
  const blocks = (taps.groups + planes.groups - 1) / planes.groups, k = innerSize(taps);
  const group = chunk % blocks * planes.groups, groups = min(planes.groups, taps.groups - group);
  const scratch = scratchOf(thread), band = changetype<Band>(scratch);
  setBand(band, taps, planes, chunk / blocks);
  const from = scratch + HEADER,
    to = from +
      <usize> (groups * channels) * channelBytes(planes) + SLACK;
  const skip = <usize> (group * channels) * 4, plane = <usize> planes.outputBytes;
  splitSource(taps, planes, band, p.source + skip, groups * channels, from, group == 0);
  const offsets = offsetsOf(planes), e = changetype<Extent>(scratch + EXTENT);
  e.rows = 1, e.run = <usize> k * 4, e.cells = 1;
  e.bytes = bandBytes(taps, planes, band), e.planeStep = plane;
  for (let g = 0; g < groups; g++) {
    const x = from + <usize> (g * channels) * channelBytes(planes);
    let w = workspace() + <usize> (group + g) * weightsOf(taps) * 4;
    for (let j = 0; j < n;) {
      const count = tilePlanes(n - j), c = g * n + j;
      const bias = p.bias ? p.bias + <usize> (group * n + c) * 4 : ZEROS;
      planarTile(count, e, offsets, x, w, bias, to + <usize> c * plane);
      w += <usize> (k * count) * 4, j += count;
    }
  }
  const output = p.output + <usize> (group * n) * 4;
  joinOutput(taps, planes, band, to, groups * n, output, p.low, p.gate);
}

/**
 * output = max(low, bias + Σ over taps of source · kernel), gated as `tile` says, for the output
 * pixels of one tap table that has taps.
 *
 * @param planes  how its planes are laid out
 * @param swapped 1 where the kernel's last axis is the source's channels (input gradient)
 *
 * Workspace: groups · k · n floats. Scratch: see core/planar.ts.
 */
export function planar_pass(
  taps: usize,
  planes: usize,
  source: usize,
  kernel: usize,
  bias: usize,
  output: usize,
  swapped: i32,
  low: f32,
  gate: i32,
): void {
  const p = changetype<Planar>(ARGUMENTS);
  p.taps = changetype<Taps>(taps), p.planes = changetype<Planes>(planes);
  p.source = source, p.kernel = kernel, p.bias = bias, p.output = output;
  p.swapped = swapped, p.low = low, p.gate = gate;
  const blocks = (p.taps.groups + p.planes.groups - 1) / p.planes.groups;
  parallel(packChunk.index, p.taps.groups);
  parallel(passChunk.index, blocks * bandCount(p.taps, p.planes));
}
