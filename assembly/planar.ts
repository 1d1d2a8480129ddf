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
import { innerSize, Taps } from "./geometry";
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
  tapKernel,
} from "./planes";
import { planarTile, tilePlanes } from "./planar_tiles";

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

/** Scratch at the start of a thread's: where its band is, and room for four vectors. */
export const HEADER: usize = 128;

/** Floats of the packed weights of a group. */
function weightsOf(taps: Taps): usize {
  return <usize> (innerSize(taps) * (taps.outputChannels / taps.groups));
}

/** Packs a group's weights as [tile][k][planes of the tile]. */
function packChunk(group: i32, _thread: i32): void {
  const p = changetype<Planar>(ARGUMENTS), taps = p.taps, planes = p.planes;
  const channels = taps.sourceChannels / taps.groups, n = taps.outputChannels / taps.groups;
  const tapCount = taps.tapsY * taps.tapsX;
  // Bytes between neighbours along the source channel, the output channel, and the kernel's pixels.
  const last = <usize> (p.swapped ? taps.sourceChannels : taps.outputChannels) * 4;
  const slice = last * <usize> (p.swapped ? n : channels);
  const along = p.swapped ? <usize> 4 : last, across = p.swapped ? last : <usize> 4;
  const from = p.kernel + <usize> (group * (p.swapped ? channels : n)) * 4;
  let to = workspace() + <usize> group * weightsOf(taps) * 4;
  for (let j = 0; j < n;) {
    const count = tilePlanes(n - j);
    for (let c = 0; c < channels; c++) {
      for (let t = 0; t < tapCount; t++) {
        const at = from + <usize> tapKernel(planes, t) * slice + <usize> c * along;
        for (let i = 0; i < count; i++, to += 4) {
          store<f32>(to, load<f32>(at + <usize> (j + i) * across));
        }
      }
    }
    j += count;
  }
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
  const bytes = bandBytes(taps, planes, band), offsets = offsetsOf(taps, planes);
  for (let g = 0; g < groups; g++) {
    const x = from + <usize> (g * channels) * channelBytes(planes);
    let w = workspace() + <usize> (group + g) * weightsOf(taps) * 4;
    for (let j = 0; j < n;) {
      const count = tilePlanes(n - j), c = g * n + j;
      const bias = p.bias ? p.bias + <usize> (group * n + c) * 4 : ZEROS;
      planarTile(count, k, offsets, x, w, bias, to + <usize> c * plane, plane, bytes);
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
