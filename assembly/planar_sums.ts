// deno-lint-ignore-file verbatim-module-syntax -- AssemblyScript: a class is a layout, used as a type
// The sums of planar_gradient.ts and interleaved_gradient.ts: every weight of a group is an inner product
// of a row of source values and a row of dy. Each part of the pixels has sums of its own, of four lanes,
// which are added in order.

import { ARGUMENTS, workspace } from "./memory";
import { innerSize, tapKernel, Taps } from "./geometry";
import { Extent } from "./planar_tiles";
import { madd, sumLanes } from "./simd";

/** What a kernel gradient starts its arguments with. */
@unmanaged
export class Gradient {
  taps: Taps;
  source: usize;
  dy: usize;
  dkernel: usize;
  parts: i32;
  /** Whether k goes channel by channel and tap by tap, not the other way round. */
  byChannel: bool;
}

export function setGradient(
  taps: usize,
  source: usize,
  dy: usize,
  dkernel: usize,
  parts: i32,
  byChannel: bool,
): void {
  const g = changetype<Gradient>(ARGUMENTS);
  g.taps = changetype<Taps>(taps), g.source = source, g.dy = dy, g.dkernel = dkernel;
  g.parts = parts, g.byChannel = byChannel;
}

/** Bytes of the sums of one output channel: four lanes for each k, and room for those of a last tile. */
export function sumsBytes(taps: Taps): usize {
  return <usize> (innerSize(taps) + 8) * 16;
}

/** The sums of one part and group: [output channel][k]. */
export function sumsOf(g: Gradient, part: i32, group: i32): usize {
  const taps = g.taps, n = taps.outputChannels / taps.groups;
  return workspace() + <usize> ((part * taps.groups + group) * n) * sumsBytes(taps);
}

/** Eight k and one output channel: sums[k] += x[offsets[k] + f] · y[f], over all f of a cell, in four lanes. */
function dot8(e: Extent, offsets: usize, x: usize, y: usize, sums: usize): void {
  const end = y + e.bytes;
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

/** Six k and two output channels, whose planes are `planeStep` bytes apart and sums `sumStep`. */
function dot6x2(
  e: Extent,
  offsets: usize,
  x: usize,
  y: usize,
  sums: usize,
  sumStep: usize,
): void {
  const end = y + e.bytes, other = sums + sumStep;
  let z = y + e.planeStep;
  let x0 = x + <usize> load<u32>(offsets), x1 = x + <usize> load<u32>(offsets, 4);
  let x2 = x + <usize> load<u32>(offsets, 8), x3 = x + <usize> load<u32>(offsets, 12);
  let x4 = x + <usize> load<u32>(offsets, 16), x5 = x + <usize> load<u32>(offsets, 20);
  let c0 = v128.load(sums), c1 = v128.load(sums, 16), c2 = v128.load(sums, 32);
  let c3 = v128.load(sums, 48), c4 = v128.load(sums, 64), c5 = v128.load(sums, 80);
  let d0 = v128.load(other), d1 = v128.load(other, 16), d2 = v128.load(other, 32);
  let d3 = v128.load(other, 48), d4 = v128.load(other, 64), d5 = v128.load(other, 80);
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
  v128.store(other, d0), v128.store(other, d1, 16), v128.store(other, d2, 32);
  v128.store(other, d3, 48), v128.store(other, d4, 64), v128.store(other, d5, 80);
}

/**
 * Adds the products of a group's source and dy over some cells to its sums of k from `first` to before
 * `end`. The table has eight offsets more than k: what is read from those comes to nothing.
 *
 * @param y     the row of the first output channel, those of others `planeStep` bytes apart
 * @param sums  [output channel][k]
 * @param spare room for twelve vectors
 */
export function addDots(
  taps: Taps,
  e: Extent,
  offsets: usize,
  first: i32,
  end: i32,
  x: usize,
  y: usize,
  sums: usize,
  spare: usize,
): void {
  const n = taps.outputChannels / taps.groups, line = sumsBytes(taps);
  // A last tile that is partly past the end: the sums of other k there are put back.
  const last = <usize> end * 4, more = end < innerSize(taps);
  let j = 0;
  for (; j + 2 <= n; j += 2, y += 2 * e.planeStep, sums += 2 * line) {
    const kept = sums + 4 * last;
    if (more) memory.copy(spare, kept, 96), memory.copy(spare + 96, kept + line, 96);
    for (let i = <usize> first * 4; i < last; i += 24) {
      let at = x, dy = y;
      for (let cell = e.cells; cell > 0; cell--, at += e.sourceStep, dy += e.outputStep) {
        dot6x2(e, offsets + i, at, dy, sums + 4 * i, line);
      }
    }
    if (more) memory.copy(kept, spare, 96), memory.copy(kept + line, spare + 96, 96);
  }
  if (j == n) return;
  const kept = sums + 4 * last;
  if (more) memory.copy(spare, kept, 128);
  for (let i = <usize> first * 4; i < last; i += 32) {
    let at = x, dy = y;
    for (let cell = e.cells; cell > 0; cell--, at += e.sourceStep, dy += e.outputStep) {
      dot8(e, offsets + i, at, dy, sums + 4 * i);
    }
  }
  if (more) memory.copy(kept, spare, 128);
}

/** Adds the parts in order, then the lanes, for one group. */
export function sumChunk(group: i32, _thread: i32): void {
  const g = changetype<Gradient>(ARGUMENTS), taps = g.taps, line = sumsBytes(taps);
  const channels = taps.sourceChannels / taps.groups, n = taps.outputChannels / taps.groups;
  const tapCount = taps.tapsY * taps.tapsX, pixel = <usize> taps.outputChannels * 4;
  let sums = sumsOf(g, 0, group);
  const step = <usize> taps.outputChannels * line;
  // From tap to tap and from channel to channel of the sums.
  const tap: usize = g.byChannel ? 16 : <usize> channels * 16;
  const channel: usize = g.byChannel ? <usize> tapCount * 16 : 16;
  for (let j = 0; j < n; j++, sums += line) {
    const last = g.dkernel + <usize> (group * n + j) * 4;
    for (let t = 0; t < tapCount; t++) {
      let from = sums + <usize> t * tap;
      let to = last + <usize> (tapKernel(taps, t) * channels) * pixel;
      for (let c = 0; c < channels; c++, from += channel, to += pixel) {
        let sum = f32x4.splat(0), at = from;
        for (let part = 0; part < g.parts; part++, at += step) sum = f32x4.add(sum, v128.load(at));
        store<f32>(to, load<f32>(to) + <f32> sumLanes(sum));
      }
    }
  }
}
