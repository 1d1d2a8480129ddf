// deno-lint-ignore-file no-unused-vars -- AssemblyScript: a class is a layout, used as a type
// A box of up to five dimensions from one array into another: joining, padding, cropping, permuting,
// and their gradients. Steps between values are the caller's, in bytes, and may be negative. Lines
// may begin anywhere and are written up to their last value, not beyond.

import { ARGUMENTS } from "./memory";
import { parallel } from "./parallel";
import { transposeSquare } from "./simd";

/** Values a chunk moves, about. */
const CHUNK: i32 = 16384;
/** Lines that are turned over together: a cache line of the source. */
const TILE: i32 = 16;

/** What is done with the values; else they become zeros. */
const COPY: i32 = 0, ADD: i32 = 1;

@unmanaged
class Box {
  from: usize;
  to: usize;
  mode: i32;
  /** Sizes, outermost first; n4 is the length of a line. */
  n1: i32;
  n2: i32;
  n3: i32;
  n4: i32;
  /** Bytes from one value to the next, in the source and in the output. */
  f0: i32;
  f1: i32;
  f2: i32;
  f3: i32;
  f4: i32;
  t0: i32;
  t1: i32;
  t2: i32;
  t3: i32;
  t4: i32;
  /** Lines, or tiles of lines; how many of them a chunk has, and how many values of each. */
  lines: i32;
  some: i32;
  piece: i32;
  pieces: i32;
  /** How many lines tiles are made of; 0 where lines are moved one by one. */
  tiled: i32;
}

/** One line of values that lie one behind the other. */
function moveRun(mode: i32, from: usize, to: usize, length: i32): void {
  const end = to + 4 * <usize> length;
  if (mode == COPY) {
    if (length >= 64) {
      memory.copy(to, from, end - to);
      return;
    }
    for (; to + 16 <= end; to += 16, from += 16) v128.store(to, v128.load(from));
    for (; to < end; to += 4, from += 4) store<f32>(to, load<f32>(from));
  } else if (mode == ADD) {
    for (; to + 16 <= end; to += 16, from += 16) {
      v128.store(to, f32x4.add(v128.load(to), v128.load(from)));
    }
    for (; to < end; to += 4, from += 4) store<f32>(to, load<f32>(to) + load<f32>(from));
  } else memory.fill(to, 0, end - to);
}

/** One line of values that lie apart. */
function moveLine(b: Box, from: usize, to: usize, length: i32): void {
  for (let x = 0; x < length; x++) {
    const value: f32 = b.mode <= ADD ? load<f32>(from) : 0;
    store<f32>(to, b.mode == ADD ? load<f32>(to) + value : value);
    from += b.f4, to += b.t4;
  }
}

/** Lines whose values are neighbours across them in the source, turned over four by four. */
function turnLines(b: Box, lines: i32, from: usize, to: usize, length: i32): void {
  const step = <usize> b.f4, toStep = <usize> (b.t3 / TILE);
  let x = 0;
  for (; x + 4 <= length; x += 4) {
    const here = from + <usize> x * step, there = to + 4 * <usize> x;
    let y = 0;
    for (; y + 2 <= lines; y += 4) {
      const line = there + <usize> y * toStep;
      transposeSquare(here + 4 * <usize> y, step, line, toStep, min(4, lines - y));
    }
    if (y < lines) moveLine(b, here + 4 * <usize> y, there + <usize> y * toStep, 4);
  }
  if (x == length) return;
  from += <usize> x * step, to += 4 * <usize> x;
  for (let y = 0; y < lines; y++) {
    moveLine(b, from, to, length - x);
    from += 4, to += toStep;
  }
}

function boxChunk(chunk: i32, _thread: i32): void {
  const b = changetype<Box>(ARGUMENTS);
  const first = chunk / b.pieces * b.some, end = min(first + b.some, b.lines);
  const start = chunk % b.pieces * b.piece, length = min(b.piece, b.n4 - start);
  const run = b.f4 == 4 && b.t4 == 4;
  for (let line = first; line < end;) {
    // Lines that follow each other need no divisions.
    const i3 = line % b.n3, last = line + min(b.n3 - i3, end - line);
    let rest = line / b.n3;
    const i2 = rest % b.n2;
    rest /= b.n2;
    const i1 = rest % b.n1, i0 = rest / b.n1;
    let from = b.from + i0 * b.f0 + i1 * b.f1 + i2 * b.f2 + i3 * b.f3 + start * b.f4;
    let to = b.to + i0 * b.t0 + i1 * b.t1 + i2 * b.t2 + i3 * b.t3 + start * b.t4;
    let left = b.tiled - i3 * TILE;
    for (; line < last; line++) {
      if (b.tiled) turnLines(b, min(TILE, left), from, to, length);
      else if (run) moveRun(b.mode, from, to, length);
      else moveLine(b, from, to, length);
      from += b.f3, to += b.t3, left -= TILE;
    }
  }
}

/**
 * Moves a box of n0·n1·n2·n3·n4 values, whose places lie f0 … f4 bytes apart in the source and
 * t0 … t4 in the output. Different values must go to different places.
 *
 * @param mode 0 copies, 1 adds, 2 writes zeros (f0 … f4 then being t0 … t4)
 */
export function copy_box(
  mode: i32,
  from: usize,
  to: usize,
  n0: i32,
  n1: i32,
  n2: i32,
  n3: i32,
  n4: i32,
  f0: i32,
  f1: i32,
  f2: i32,
  f3: i32,
  f4: i32,
  t0: i32,
  t1: i32,
  t2: i32,
  t3: i32,
  t4: i32,
): void {
  const b = changetype<Box>(ARGUMENTS);
  b.mode = mode, b.from = from, b.to = to;
  b.n1 = n1, b.n2 = n2, b.n3 = n3, b.n4 = n4;
  b.f0 = f0, b.f1 = f1, b.f2 = f2, b.f3 = f3, b.f4 = f4;
  b.t0 = t0, b.t1 = t1, b.t2 = t2, b.t3 = t3, b.t4 = t4;
  b.tiled = 0;
  let width = n4;
  if (mode == COPY && f4 != 4 && f3 == 4 && t4 == 4) {
    b.tiled = n3, b.n3 = (n3 + TILE - 1) / TILE, b.f3 = 4 * TILE, b.t3 = t3 * TILE;
    width *= TILE;
  }
  b.lines = n0 * n1 * n2 * b.n3;
  b.some = max(1, CHUNK / width);
  // A multiple of four, so that what is turned over stays whole.
  b.piece = min(n4, b.tiled ? CHUNK / TILE : CHUNK);
  b.pieces = (n4 + b.piece - 1) / b.piece;
  parallel(boxChunk.index, (b.lines + b.some - 1) / b.some * b.pieces);
}
