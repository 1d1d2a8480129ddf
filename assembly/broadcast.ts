// deno-lint-ignore-file no-unused-vars -- AssemblyScript: a class is a layout, used as a type
// Two arrays, value by value, where an axis of either may have one value for all: gates of channels
// or pixels, slopes of activations. The output is dense; steps are in bytes, 0 along an axis of one.

import { ARGUMENTS } from "./memory";
import { parallel } from "./parallel";
import { choose, storeLanes } from "./simd";

/** Values a chunk writes, about. */
const CHUNK: i32 = 16384;

/** What is done with a and b. */
const MULTIPLY: i32 = 0, ADD: i32 = 1, SLOPE: i32 = 2;

@unmanaged
class Broadcast {
  kind: i32;
  a: usize;
  b: usize;
  c: usize;
  y: usize;
  /** Sizes, outermost first; n4 is the length of a line. */
  n1: i32;
  n2: i32;
  n3: i32;
  n4: i32;
  a0: i32;
  a1: i32;
  a2: i32;
  a3: i32;
  /** 4, or 0 where a line of a is one value. */
  a4: i32;
  b0: i32;
  b1: i32;
  b2: i32;
  b3: i32;
  b4: i32;
  lines: i32;
  some: i32;
  piece: i32;
  pieces: i32;
}

function combine(kind: i32, a: v128, b: v128, c: usize): v128 {
  if (kind == MULTIPLY) return f32x4.mul(a, b);
  if (kind == ADD) return f32x4.add(a, b);
  const passed = v128.load(c);
  return choose(f32x4.gt(a, f32x4.splat(0)), passed, f32x4.mul(b, passed));
}

function combineLine(f: Broadcast, a: usize, b: usize, c: usize, y: usize, length: i32): void {
  const kind = f.kind, wideA = f.a4 != 0, wideB = f.b4 != 0;
  const allA = v128.load32_splat(a), allB = v128.load32_splat(b);
  let i: usize = 0;
  const bytes = <usize> length * 4, whole = bytes & ~15;
  for (; i < whole; i += 16) {
    const u = wideA ? v128.load(a + i) : allA, v = wideB ? v128.load(b + i) : allB;
    v128.store(y + i, combine(kind, u, v, c + i));
  }
  if (i == bytes) return;
  const u = wideA ? v128.load(a + i) : allA, v = wideB ? v128.load(b + i) : allB;
  storeLanes(y + i, combine(kind, u, v, c + i), length & 3);
}

function broadcastChunk(chunk: i32, _thread: i32): void {
  const f = changetype<Broadcast>(ARGUMENTS);
  const first = chunk / f.pieces * f.some, end = min(first + f.some, f.lines);
  const start = chunk % f.pieces * f.piece, length = min(f.piece, f.n4 - start);
  for (let line = first; line < end;) {
    const i3 = line % f.n3, last = line + min(f.n3 - i3, end - line);
    let rest = line / f.n3;
    const i2 = rest % f.n2;
    rest /= f.n2;
    const i1 = rest % f.n1, i0 = rest / f.n1;
    let a = f.a + i0 * f.a0 + i1 * f.a1 + i2 * f.a2 + i3 * f.a3 + start * f.a4;
    let b = f.b + i0 * f.b0 + i1 * f.b1 + i2 * f.b2 + i3 * f.b3 + start * f.b4;
    let at = <usize> (line * f.n4 + start) * 4;
    for (; line < last; line++) {
      combineLine(f, a, b, f.c + at, f.y + at, length);
      a += f.a3, b += f.b3, at += <usize> f.n4 * 4;
    }
  }
}

/**
 * y from a and b over n0·n1·n2·n3·n4 values; y may be an a, b or c that is dense.
 *
 * @param kind 0 a·b, 1 a + b, 2 c where a > 0 and b·c elsewhere
 * @param c    dense as y; read by kind 2 only
 */
export function broadcast(
  kind: i32,
  a: usize,
  b: usize,
  c: usize,
  y: usize,
  n0: i32,
  n1: i32,
  n2: i32,
  n3: i32,
  n4: i32,
  a0: i32,
  a1: i32,
  a2: i32,
  a3: i32,
  a4: i32,
  b0: i32,
  b1: i32,
  b2: i32,
  b3: i32,
  b4: i32,
): void {
  const f = changetype<Broadcast>(ARGUMENTS);
  f.kind = kind, f.a = a, f.b = b, f.c = c, f.y = y;
  f.n1 = n1, f.n2 = n2, f.n3 = n3, f.n4 = n4;
  f.a0 = a0, f.a1 = a1, f.a2 = a2, f.a3 = a3, f.a4 = a4;
  f.b0 = b0, f.b1 = b1, f.b2 = b2, f.b3 = b3, f.b4 = b4;
  f.lines = n0 * n1 * n2 * n3;
  f.some = max(1, CHUNK / n4);
  f.piece = min(n4, CHUNK);
  f.pieces = (n4 + f.piece - 1) / f.piece;
  parallel(broadcastChunk.index, (f.lines + f.some - 1) / f.some * f.pieces);
}
