// deno-lint-ignore-file no-unused-vars -- AssemblyScript: a class is a layout, used as a type
// Structural similarity (Wang et al. 2004) of pictures under a Gaussian window that stays inside them.
//
// Means, variances and the covariance under a window are gathered in two steps, down the columns and
// then along the rows; each takes the value in the middle off first, so that nothing cancels where a
// picture is flat. With A1 = 2·μx·μt + c1, A2 = 2·σxt + c2, B1 = μx² + μt² + c1, B2 = σx² + σt² + c2
// the similarity is S = A1·A2 / (B1·B2). With g = dS/dσx² · 2 = -2S/B2 and h = g + dS/dσxt =
// 2·A1·(B2 - A2) / (B1·B2²) three maps are spread over the pixels again by the window: dx = W(m) +
// (x - t)·W(g) + t·W(h), where m = (μt - μx)(g + 2·A2·(μt(μt + μx) + c1) / (B1²·B2)) - h·μt. Every term
// is a product with some difference of x and t, so that nothing cancels where they are alike.

import { ARGUMENTS, scratchOf, workspace } from "./memory";
import { sumPartials } from "./arithmetic";
import { exp } from "./math";
import { parallel } from "./parallel";
import { choose, firstLanes, madd, nmadd, storeLanes, sumLanes } from "./simd";

/** Rows a chunk handles. */
const ROWS: i32 = 4;

@unmanaged
class Arguments {
  height: i32;
  length: i32;
  channels: i32;
  size: i32;
  mapHeight: i32;
  mapLength: i32;
  mapRows: i32;
  rows: i32;
  c1: f32;
  c2: f32;
  scale: f32;
  x: usize;
  t: usize;
  dx: usize;
  /** The weights of the window. */
  window: usize;
  /** Three maps, each with rows of `mapLine` bytes. */
  maps: usize;
  mapLine: usize;
  mapBytes: usize;
}

function zero(): v128 {
  return f32x4.splat(0);
}

/** Down the columns of `size` rows: mean and variance of x and of t, and their covariance, five lines of scratch. */
function columns(a: Arguments, x: usize, t: usize, to: usize, step: usize): void {
  const line = <usize> a.length * 4, middle = <usize> (a.size >> 1) * line;
  for (let at: usize = 0; at < line; at += 16) {
    const cx = v128.load(x + middle + at), ct = v128.load(t + middle + at);
    let mx = zero(), mt = zero(), xx = zero(), tt = zero(), xt = zero();
    for (let k = 0; k < a.size; k++) {
      const w = v128.load32_splat(a.window + <usize> k * 4), from = <usize> k * line + at;
      const u = f32x4.sub(v128.load(x + from), cx), v = f32x4.sub(v128.load(t + from), ct);
      const wu = f32x4.mul(w, u), wv = f32x4.mul(w, v);
      mx = f32x4.add(mx, wu), mt = f32x4.add(mt, wv);
      xx = madd(wu, u, xx), tt = madd(wv, v, tt), xt = madd(wu, v, xt);
    }
    let p = to + at;
    v128.store(p, f32x4.add(mx, cx));
    v128.store(p += step, f32x4.add(mt, ct));
    v128.store(p += step, nmadd(mx, mx, xx));
    v128.store(p += step, nmadd(mt, mt, tt));
    v128.store(p += step, nmadd(mx, mt, xt));
  }
}

/** The similarity at one row of windows; leaves its slopes in the maps where they are wanted. */
function similarity(a: Arguments, lines: usize, step: usize, map: usize): f64 {
  const pixel = <usize> a.channels * 4, middle = <usize> (a.size >> 1) * pixel;
  const c1 = f32x4.splat(a.c1), c2 = f32x4.splat(a.c2), two = f32x4.splat(2);
  let sum: f64 = 0;
  for (let j = 0; j < a.mapLength; j += 4) {
    const at = lines + <usize> j * 4;
    const cx = v128.load(at + middle), ct = v128.load(at + step + middle);
    let mx = zero(), mt = zero(), xx = zero(), tt = zero(), xt = zero();
    for (let k = 0; k < a.size; k++) {
      const w = v128.load32_splat(a.window + <usize> k * 4);
      let p = at + <usize> k * pixel;
      const u = f32x4.sub(v128.load(p), cx), v = f32x4.sub(v128.load(p += step), ct);
      const wu = f32x4.mul(w, u), wv = f32x4.mul(w, v);
      mx = f32x4.add(mx, wu), mt = f32x4.add(mt, wv);
      xx = madd(wu, u, madd(w, v128.load(p += step), xx));
      tt = madd(wv, v, madd(w, v128.load(p += step), tt));
      xt = madd(wu, v, madd(w, v128.load(p += step), xt));
    }
    xx = nmadd(mx, mx, xx), tt = nmadd(mt, mt, tt), xt = nmadd(mx, mt, xt);
    mx = f32x4.add(mx, cx), mt = f32x4.add(mt, ct);
    const a1 = madd(two, f32x4.mul(mx, mt), c1), a2 = madd(two, xt, c2);
    const b1 = madd(mx, mx, madd(mt, mt, c1)), b2 = f32x4.add(f32x4.add(xx, tt), c2);
    const over = f32x4.div(f32x4.splat(1), f32x4.mul(b1, b2));
    const s = f32x4.mul(f32x4.mul(a1, a2), over);
    sum += sumLanes(a.mapLength - j < 4 ? choose(firstLanes(a.mapLength - j), s, zero()) : s);
    if (!map) continue;
    const twice = f32x4.mul(two, over), g = f32x4.neg(f32x4.mul(f32x4.mul(s, b1), twice));
    const apart = nmadd(two, xt, f32x4.add(xx, tt));
    const h = f32x4.div(f32x4.mul(f32x4.mul(a1, apart), twice), b2);
    const bright = f32x4.div(f32x4.mul(madd(mt, f32x4.add(mt, mx), c1), f32x4.mul(a2, twice)), b1);
    let to = map + <usize> j * 4;
    v128.store(to, nmadd(h, mt, f32x4.mul(f32x4.sub(mt, mx), f32x4.add(g, bright))));
    v128.store(to += a.mapBytes, g);
    v128.store(to += a.mapBytes, h);
  }
  return sum;
}

function similarityChunk(chunk: i32, thread: i32): void {
  const a = changetype<Arguments>(ARGUMENTS), lines = scratchOf(thread);
  const line = <usize> a.length * 4, step = (line + 31) & ~15;
  const end = min((chunk + 1) * ROWS, a.mapRows);
  let sum: f64 = 0;
  for (let row = chunk * ROWS; row < end; row++) {
    const picture = row / a.mapHeight;
    const from = <usize> (picture * a.height + row % a.mapHeight) * line;
    columns(a, a.x + from, a.t + from, lines, step);
    sum += similarity(a, lines, step, a.dx ? a.maps + <usize> row * a.mapLine : 0);
  }
  store<f64>(workspace() + <usize> chunk * 8, sum);
}

/** The maps' rows that windows over row `i` of a picture have left, weighted: three lines with zeros on both sides. */
function gather(a: Arguments, picture: i32, i: i32, lines: usize, step: usize): void {
  const margin = <usize> ((a.size - 1) * a.channels) * 4;
  memory.fill(lines, 0, 3 * step);
  const first = max(0, i - a.mapHeight + 1), last = min(a.size - 1, i);
  for (let j = 0; j < a.mapLength; j += 4) {
    let s0 = zero(), s1 = zero(), s2 = zero();
    for (let k = first; k <= last; k++) {
      const w = v128.load32_splat(a.window + <usize> k * 4);
      let p = a.maps + <usize> (picture * a.mapHeight + i - k) * a.mapLine + <usize> j * 4;
      s0 = madd(w, v128.load(p), s0);
      s1 = madd(w, v128.load(p += a.mapBytes), s1);
      s2 = madd(w, v128.load(p += a.mapBytes), s2);
    }
    let to = lines + margin + <usize> j * 4;
    const left = a.mapLength - j;
    storeLanes(to, s0, left), storeLanes(to += step, s1, left), storeLanes(to += step, s2, left);
  }
}

function gradientChunk(chunk: i32, thread: i32): void {
  const a = changetype<Arguments>(ARGUMENTS), lines = scratchOf(thread);
  const line = <usize> a.length * 4, pixel = <usize> a.channels * 4;
  const step = (line + <usize> (a.size - 1) * pixel + 31) & ~15;
  const end = min((chunk + 1) * ROWS, a.rows), scale = f32x4.splat(a.scale);
  for (let row = chunk * ROWS; row < end; row++) {
    gather(a, row / a.height, row % a.height, lines, step);
    const from = <usize> row * line;
    for (let j = 0; j < a.length; j += 4) {
      const at = <usize> j * 4;
      let s0 = zero(), s1 = zero(), s2 = zero();
      for (let k = 0; k < a.size; k++) {
        const w = v128.load32_splat(a.window + <usize> k * 4);
        let p = lines + at + <usize> k * pixel;
        s0 = madd(w, v128.load(p), s0);
        s1 = madd(w, v128.load(p += step), s1);
        s2 = madd(w, v128.load(p += step), s2);
      }
      const x = v128.load(a.x + from + at), t = v128.load(a.t + from + at);
      const slope = madd(t, s2, madd(f32x4.sub(x, t), s1, s0));
      storeLanes(a.dx + from + at, f32x4.mul(scale, slope), a.length - j);
    }
  }
}

/** Weights of a Gaussian around the middle, with the sum 1. */
function fillWindow(window: usize, size: i32, sigma: f32): void {
  let sum: f32 = 0;
  for (let k = 0; k < size; k++) {
    const d = <f32> (k - (size >> 1)) / sigma;
    const w = f32x4.extract_lane(exp(f32x4.splat(-0.5 * d * d)), 0);
    store<f32>(window + <usize> k * 4, w);
    sum += w;
  }
  for (let at = window; at < window + <usize> size * 4; at += 4) {
    store<f32>(at, load<f32>(at) / sum);
  }
}

/**
 * Σ of the similarity over all windows and channels as a double; dx = scale · slope where dx is not 0.
 *
 * @param length Numbers in a row: width · channels
 * @param size   Sides of the window, odd and no more than those of a picture
 *
 * Scratch: the larger of 5 · (length + 8) and 3 · (length + (size - 1) · channels + 8) floats.
 * Workspace: one double for 4 rows of windows, the window, and, where dx is not 0, three maps whose
 * rows are of 16 bytes; each rounded up to 64 bytes.
 */
export function loss_ssim(
  pictures: i32,
  height: i32,
  length: i32,
  channels: i32,
  size: i32,
  sigma: f32,
  c1: f32,
  c2: f32,
  scale: f32,
  x: usize,
  t: usize,
  dx: usize,
): f64 {
  const a = changetype<Arguments>(ARGUMENTS);
  a.height = height, a.length = length, a.channels = channels, a.size = size;
  a.mapHeight = height - size + 1, a.mapLength = length - (size - 1) * channels;
  a.rows = pictures * height, a.mapRows = pictures * a.mapHeight;
  a.c1 = c1, a.c2 = c2, a.scale = scale, a.x = x, a.t = t, a.dx = dx;
  const chunks = (a.mapRows + ROWS - 1) / ROWS;
  a.window = workspace() + ((<usize> chunks * 8 + 63) & ~63);
  a.maps = a.window + ((<usize> size * 4 + 63) & ~63);
  a.mapLine = (<usize> a.mapLength * 4 + 15) & ~15;
  a.mapBytes = <usize> a.mapRows * a.mapLine;
  fillWindow(a.window, size, sigma);
  parallel(similarityChunk.index, chunks);
  const sum = sumPartials(chunks);
  if (dx) parallel(gradientChunk.index, (a.rows + ROWS - 1) / ROWS);
  return sum;
}
