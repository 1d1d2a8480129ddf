// F(2, 3): two outputs of three taps from four inputs; points 0, 1, -1, ∞. Laid out as winograd_transform.ts says.

import { row } from "./microkernel_rows";
import { add, max, scaled, sub } from "./winograd_lanes";

/** Bᵀd: four source pixels to four products' left sides. */
export function input(pixels: usize, skip: usize, to: usize, stride: usize, bytes: usize): void {
  let p0 = row(pixels, 0) + skip, p1 = row(pixels, 1) + skip, p2 = row(pixels, 2) + skip;
  let p3 = row(pixels, 3) + skip;
  for (const end = to + bytes; to < end; to += 32) {
    const d0 = v128.load(p0), e0 = v128.load(p0, 16);
    const d1 = v128.load(p1), e1 = v128.load(p1, 16);
    const d2 = v128.load(p2), e2 = v128.load(p2, 16);
    const d3 = v128.load(p3), e3 = v128.load(p3, 16);
    v128.store(to, sub(d0, d2)), v128.store(to, sub(e0, e2), 16);
    v128.store(to + stride, add(d1, d2)), v128.store(to + stride, add(e1, e2), 16);
    v128.store(to + 2 * stride, sub(d2, d1)), v128.store(to + 2 * stride, sub(e2, e1), 16);
    v128.store(to + 3 * stride, sub(d1, d3)), v128.store(to + 3 * stride, sub(e1, e3), 16);
    p0 += 32, p1 += 32, p2 += 32, p3 += 32;
  }
}

/** G g: three taps to four products' right sides. */
export function kernel(from: usize, step: usize, to: usize, stride: usize, bytes: usize): void {
  for (const end = from + bytes; from < end; from += 32, to += 32) {
    const d0 = v128.load(from), e0 = v128.load(from, 16);
    const p1 = from + step;
    const d1 = v128.load(p1), e1 = v128.load(p1, 16);
    const p2 = p1 + step;
    const d2 = v128.load(p2), e2 = v128.load(p2, 16);
    const a = scaled(0.5, add(d0, d2)), ah = scaled(0.5, add(e0, e2));
    const b = scaled(0.5, d1), bh = scaled(0.5, e1);
    v128.store(to, d0), v128.store(to, e0, 16);
    v128.store(to + stride, add(a, b)), v128.store(to + stride, add(ah, bh), 16);
    v128.store(to + 2 * stride, sub(a, b)), v128.store(to + 2 * stride, sub(ah, bh), 16);
    v128.store(to + 3 * stride, d2), v128.store(to + 3 * stride, e2, 16);
  }
}

/** Aᵀm: four products to two output pixels, none below `low`. */
export function output(
  from: usize,
  step: usize,
  to: usize,
  stride: usize,
  low: f32,
  bytes: usize,
): void {
  const floor = f32x4.splat(low);
  for (const end = from + bytes; from < end; from += 32, to += 32) {
    const d0 = v128.load(from), e0 = v128.load(from, 16);
    const p1 = from + step;
    const d1 = v128.load(p1), e1 = v128.load(p1, 16);
    const p2 = p1 + step;
    const d2 = v128.load(p2), e2 = v128.load(p2, 16);
    const p3 = p2 + step;
    const d3 = v128.load(p3), e3 = v128.load(p3, 16);
    v128.store(to, max(add(add(d0, d1), d2), floor)),
      v128.store(to, max(add(add(e0, e1), e2), floor), 16);
    v128.store(to + stride, max(sub(sub(d1, d2), d3), floor)),
      v128.store(to + stride, max(sub(sub(e1, e2), e3), floor), 16);
  }
}

/** A dy: two output gradients to four products' right sides, the adjoint of `output`. */
export function gradient(from: usize, step: usize, to: usize, stride: usize, bytes: usize): void {
  for (const end = from + bytes; from < end; from += 32, to += 32) {
    const d0 = v128.load(from), e0 = v128.load(from, 16);
    const p1 = from + step;
    const d1 = v128.load(p1), e1 = v128.load(p1, 16);
    v128.store(to, d0), v128.store(to, e0, 16);
    v128.store(to + stride, add(d0, d1)), v128.store(to + stride, add(e0, e1), 16);
    v128.store(to + 2 * stride, sub(d0, d1)), v128.store(to + 2 * stride, sub(e0, e1), 16);
    v128.store(to + 3 * stride, scaled(-1, d1)), v128.store(to + 3 * stride, scaled(-1, e1), 16);
  }
}

/** Gᵀu: four products to three taps' gradients, the adjoint of `kernel`. */
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
    const a = scaled(0.5, add(d1, d2)), ah = scaled(0.5, add(e1, e2));
    const b = scaled(0.5, sub(d1, d2)), bh = scaled(0.5, sub(e1, e2));
    v128.store(to, add(d0, a)), v128.store(to, add(e0, ah), 16);
    v128.store(to + stride, b), v128.store(to + stride, bh, 16);
    v128.store(to + 2 * stride, add(d3, a)), v128.store(to + 2 * stride, add(e3, ah), 16);
  }
}
