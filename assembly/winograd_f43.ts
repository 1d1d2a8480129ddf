// F(4, 3): four outputs of three taps from six inputs; points 0, 1, -1, 2, -2, ∞. Laid out as winograd_transform.ts says.

import { EIGHT, FIVE, FOUR, TWO } from "./memory";
import { row } from "./microkernel_rows";
import { add, less, max, scaled, sub, times } from "./winograd_lanes";

/** Bᵀd: six source pixels to six products' left sides. */
export function input(pixels: usize, skip: usize, to: usize, stride: usize, bytes: usize): void {
  const k2 = v128.load32_splat(TWO), k4 = v128.load32_splat(FOUR), k5 = v128.load32_splat(FIVE);
  let p0 = row(pixels, 0) + skip, p1 = row(pixels, 1) + skip, p2 = row(pixels, 2) + skip;
  let p3 = row(pixels, 3) + skip, p4 = row(pixels, 4) + skip, p5 = row(pixels, 5) + skip;
  for (const end = to + bytes; to < end; to += 32) {
    const d0 = v128.load(p0), e0 = v128.load(p0, 16);
    const d1 = v128.load(p1), e1 = v128.load(p1, 16);
    const d2 = v128.load(p2), e2 = v128.load(p2, 16);
    const d3 = v128.load(p3), e3 = v128.load(p3, 16);
    const d4 = v128.load(p4), e4 = v128.load(p4, 16);
    const d5 = v128.load(p5), e5 = v128.load(p5, 16);
    const a = less(k4, d2, d4), ah = less(k4, e2, e4);
    const b = less(k4, d1, d3), bh = less(k4, e1, e3);
    const c = sub(d4, d2), ch = sub(e4, e2);
    const f = sub(d3, d1), fh = sub(e3, e1);
    v128.store(to, times(k4, d0, less(k5, d2, d4))),
      v128.store(to, times(k4, e0, less(k5, e2, e4)), 16);
    v128.store(to + stride, add(a, b)), v128.store(to + stride, add(ah, bh), 16);
    v128.store(to + 2 * stride, sub(a, b)), v128.store(to + 2 * stride, sub(ah, bh), 16);
    v128.store(to + 3 * stride, times(k2, f, c)),
      v128.store(to + 3 * stride, times(k2, fh, ch), 16);
    v128.store(to + 4 * stride, less(k2, f, c)), v128.store(to + 4 * stride, less(k2, fh, ch), 16);
    v128.store(to + 5 * stride, times(k4, d1, less(k5, d3, d5))),
      v128.store(to + 5 * stride, times(k4, e1, less(k5, e3, e5)), 16);
    p0 += 32, p1 += 32, p2 += 32, p3 += 32, p4 += 32, p5 += 32;
  }
}

/** G g: three taps to six products' right sides. */
export function kernel(from: usize, step: usize, to: usize, stride: usize, bytes: usize): void {
  for (const end = from + bytes; from < end; from += 32, to += 32) {
    const d0 = v128.load(from), e0 = v128.load(from, 16);
    const p1 = from + step;
    const d1 = v128.load(p1), e1 = v128.load(p1, 16);
    const p2 = p1 + step;
    const d2 = v128.load(p2), e2 = v128.load(p2, 16);
    const a = add(d0, d2), ah = add(e0, e2);
    const b = add(scaled(4, d2), d0), bh = add(scaled(4, e2), e0);
    v128.store(to, scaled(0.25, d0)), v128.store(to, scaled(0.25, e0), 16);
    v128.store(to + stride, scaled(-1 / 6.0, add(a, d1))),
      v128.store(to + stride, scaled(-1 / 6.0, add(ah, e1)), 16);
    v128.store(to + 2 * stride, scaled(-1 / 6.0, sub(a, d1))),
      v128.store(to + 2 * stride, scaled(-1 / 6.0, sub(ah, e1)), 16);
    v128.store(to + 3 * stride, scaled(1 / 24.0, add(scaled(2, d1), b))),
      v128.store(to + 3 * stride, scaled(1 / 24.0, add(scaled(2, e1), bh)), 16);
    v128.store(to + 4 * stride, scaled(1 / 24.0, sub(b, scaled(2, d1)))),
      v128.store(to + 4 * stride, scaled(1 / 24.0, sub(bh, scaled(2, e1))), 16);
    v128.store(to + 5 * stride, d2), v128.store(to + 5 * stride, e2, 16);
  }
}

/** Aᵀm: six products to four output pixels, none below `low`. */
export function output(
  from: usize,
  step: usize,
  to: usize,
  stride: usize,
  low: f32,
  bytes: usize,
): void {
  const k2 = v128.load32_splat(TWO), k4 = v128.load32_splat(FOUR), k8 = v128.load32_splat(EIGHT);
  const floor = f32x4.splat(low);
  for (const end = from + bytes; from < end; from += 32, to += 32) {
    const d0 = v128.load(from), e0 = v128.load(from, 16);
    const p1 = from + step;
    const d1 = v128.load(p1), e1 = v128.load(p1, 16);
    const p2 = p1 + step;
    const d2 = v128.load(p2), e2 = v128.load(p2, 16);
    const p3 = p2 + step;
    const d3 = v128.load(p3), e3 = v128.load(p3, 16);
    const p4 = p3 + step;
    const d4 = v128.load(p4), e4 = v128.load(p4, 16);
    const p5 = p4 + step;
    const d5 = v128.load(p5), e5 = v128.load(p5, 16);
    const a = add(d1, d2), ah = add(e1, e2);
    const b = sub(d1, d2), bh = sub(e1, e2);
    const c = add(d3, d4), ch = add(e3, e4);
    const f = sub(d3, d4), fh = sub(e3, e4);
    v128.store(to, max(add(add(d0, a), c), floor)),
      v128.store(to, max(add(add(e0, ah), ch), floor), 16);
    v128.store(to + stride, max(times(k2, f, b), floor)),
      v128.store(to + stride, max(times(k2, fh, bh), floor), 16);
    v128.store(to + 2 * stride, max(times(k4, c, a), floor)),
      v128.store(to + 2 * stride, max(times(k4, ch, ah), floor), 16);
    v128.store(to + 3 * stride, max(add(times(k8, f, b), d5), floor)),
      v128.store(to + 3 * stride, max(add(times(k8, fh, bh), e5), floor), 16);
  }
}

/** A dy: four output gradients to six products' right sides, the adjoint of `output`. */
export function gradient(from: usize, step: usize, to: usize, stride: usize, bytes: usize): void {
  const k4 = v128.load32_splat(FOUR);
  for (const end = from + bytes; from < end; from += 32, to += 32) {
    const d0 = v128.load(from), e0 = v128.load(from, 16);
    const p1 = from + step;
    const d1 = v128.load(p1), e1 = v128.load(p1, 16);
    const p2 = p1 + step;
    const d2 = v128.load(p2), e2 = v128.load(p2, 16);
    const p3 = p2 + step;
    const d3 = v128.load(p3), e3 = v128.load(p3, 16);
    const a = add(d0, d2), ah = add(e0, e2);
    const b = add(d1, d3), bh = add(e1, e3);
    const c = times(k4, d2, d0), ch = times(k4, e2, e0);
    const g = times(k4, d3, d1), gh = times(k4, e3, e1);
    const f = add(g, g), fh = add(gh, gh);
    v128.store(to, d0), v128.store(to, e0, 16);
    v128.store(to + stride, add(a, b)), v128.store(to + stride, add(ah, bh), 16);
    v128.store(to + 2 * stride, sub(a, b)), v128.store(to + 2 * stride, sub(ah, bh), 16);
    v128.store(to + 3 * stride, add(c, f)), v128.store(to + 3 * stride, add(ch, fh), 16);
    v128.store(to + 4 * stride, sub(c, f)), v128.store(to + 4 * stride, sub(ch, fh), 16);
    v128.store(to + 5 * stride, d3), v128.store(to + 5 * stride, e3, 16);
  }
}

/** Gᵀu: six products to three taps' gradients, the adjoint of `kernel`. */
export function kernelGradient(
  from: usize,
  step: usize,
  to: usize,
  stride: usize,
  bytes: usize,
): void {
  for (const end = from + bytes; from < end; from += 32, to += 32) {
    const d0 = v128.load(from), e0 = v128.load(from, 16);
    const p1 = from + step;
    const d1 = v128.load(p1), e1 = v128.load(p1, 16);
    const p2 = p1 + step;
    const d2 = v128.load(p2), e2 = v128.load(p2, 16);
    const p3 = p2 + step;
    const d3 = v128.load(p3), e3 = v128.load(p3, 16);
    const p4 = p3 + step;
    const d4 = v128.load(p4), e4 = v128.load(p4, 16);
    const p5 = p4 + step;
    const d5 = v128.load(p5), e5 = v128.load(p5, 16);
    const a = scaled(-1 / 6.0, add(d1, d2)), ah = scaled(-1 / 6.0, add(e1, e2));
    const b = scaled(-1 / 6.0, sub(d1, d2)), bh = scaled(-1 / 6.0, sub(e1, e2));
    const c = scaled(1 / 24.0, add(d3, d4)), ch = scaled(1 / 24.0, add(e3, e4));
    const f = scaled(1 / 12.0, sub(d3, d4)), fh = scaled(1 / 12.0, sub(e3, e4));
    v128.store(to, add(add(scaled(0.25, d0), a), c)),
      v128.store(to, add(add(scaled(0.25, e0), ah), ch), 16);
    v128.store(to + stride, add(b, f)), v128.store(to + stride, add(bh, fh), 16);
    v128.store(to + 2 * stride, add(add(a, scaled(4, c)), d5)),
      v128.store(to + 2 * stride, add(add(ah, scaled(4, ch)), e5), 16);
  }
}
