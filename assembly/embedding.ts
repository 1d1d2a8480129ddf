// deno-lint-ignore-file no-unused-vars -- AssemblyScript: a class is a layout, used as a type
// Rows of a table by their numbers, and the gradient of the table.

import { ARGUMENTS } from "./memory";
import { parallel } from "./parallel";
import { storeLanes } from "./simd";

/** Values a chunk copies, about; parts that the table's gradient is made in. */
const CHUNK: i32 = 16384, PARTS: i32 = 8;

@unmanaged
class Embedding {
  n: i32;
  rows: i32;
  columns: i32;
  x: usize;
  w: usize;
  y: usize;
  some: i32;
}

function rowOf(x: usize, i: i32): i32 {
  return <i32> load<f32>(x + <usize> i * 4);
}

function copyChunk(chunk: i32, _thread: i32): void {
  const e = changetype<Embedding>(ARGUMENTS), line = <usize> e.columns * 4;
  const end = min((chunk + 1) * e.some, e.n);
  for (let i = chunk * e.some; i < end; i++) {
    memory.copy(e.y + <usize> i * line, e.w + <usize> rowOf(e.x, i) * line, line);
  }
}

/** The place of the first number in x that is no whole number of 0 … rows − 1; −1 if there is none. */
function firstWrong(n: i32, rows: i32, x: usize): i32 {
  for (let i = 0; i < n; i++) {
    const value = load<f32>(x + <usize> i * 4);
    if (!(value >= 0 && value < <f32> rows && floor<f32>(value) == value)) return i;
  }
  return -1;
}

/**
 * y[i] = w[x[i]], rows of so many columns. Returns −1, or where it finds a number in x that is none
 * of a row, and then writes nothing.
 */
export function embedding_forward(
  n: i32,
  rows: i32,
  columns: i32,
  x: usize,
  w: usize,
  y: usize,
): i32 {
  const wrong = firstWrong(n, rows, x);
  if (wrong >= 0) return wrong;
  const e = changetype<Embedding>(ARGUMENTS);
  e.n = n, e.columns = columns, e.x = x, e.w = w, e.y = y;
  e.some = max(1, CHUNK / columns);
  parallel(copyChunk.index, (n + e.some - 1) / e.some);
  return -1;
}

function gradientPart(part: i32, _thread: i32): void {
  const e = changetype<Embedding>(ARGUMENTS), columns = e.columns, line = <usize> columns * 4;
  const first = <i32> (<i64> e.rows * part / PARTS),
    end = <i32> (<i64> e.rows * (part + 1) / PARTS);
  for (let i = 0; i < e.n; i++) {
    const row = rowOf(e.x, i);
    if (row < first || row >= end) continue;
    const from = e.y + <usize> i * line, to = e.w + <usize> row * line;
    for (let c = 0; c < columns; c += 4) {
      const at = <usize> c * 4, sum = f32x4.add(v128.load(to + at), v128.load(from + at));
      storeLanes(to + at, sum, columns - c);
    }
  }
}

/** dw[x[i]] += dy[i], in the order of i; x as `embedding_forward` has found it. */
export function embedding_gradient(
  n: i32,
  rows: i32,
  columns: i32,
  x: usize,
  dw: usize,
  dy: usize,
): void {
  const e = changetype<Embedding>(ARGUMENTS);
  e.n = n, e.rows = rows, e.columns = columns, e.x = x, e.w = dw, e.y = dy;
  parallel(gradientPart.index, PARTS);
}
