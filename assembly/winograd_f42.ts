// F(4, 2): four outputs of two taps from five inputs; points 0, 1, -1, 2, ∞. Laid out as winograd_transform.ts says.

import { EIGHT, FOUR, TWO } from "./memory";
import { row } from "./microkernel_rows";
import { add, less, max, scaled, sub, times } from "./winograd_lanes";

/** Bᵀd: five source pixels to five products' left sides. */
export function input(pixels: usize, skip: usize, to: usize, stride: usize, bytes: usize): void {
  const k2 = v128.load32_splat(TWO);
  let p0 = row(pixels, 0) + skip, p1 = row(pixels, 1) + skip, p2 = row(pixels, 2) + skip;
  let p3 = row(pixels, 3) + skip, p4 = row(pixels, 4) + skip;
  for (const end = to + bytes; to < end; to += 32) {
    const d0 = v128.load(p0), e0 = v128.load(p0, 16);
    const d1 = v128.load(p1), e1 = v128.load(p1, 16);
    const d2 = v128.load(p2), e2 = v128.load(p2, 16);
    const d3 = v128.load(p3), e3 = v128.load(p3, 16);
    const d4 = v128.load(p4), e4 = v128.load(p4, 16);
    const a = sub(d3, d1), ah = sub(e3, e1);
    const b = sub(d3, d2), bh = sub(e3, e2);
    const c = sub(d4, d2), ch = sub(e4, e2);
    v128.store(to, times(k2, sub(d0, d2), a)), v128.store(to, times(k2, sub(e0, e2), ah), 16);
    v128.store(to + stride, less(k2, d1, b)), v128.store(to + stride, less(k2, e1, bh), 16);
    v128.store(to + 2 * stride, times(k2, sub(d1, d2), b)),
      v128.store(to + 2 * stride, times(k2, sub(e1, e2), bh), 16);
    v128.store(to + 3 * stride, a), v128.store(to + 3 * stride, ah, 16);
    v128.store(to + 4 * stride, less(k2, a, c)), v128.store(to + 4 * stride, less(k2, ah, ch), 16);
    p0 += 32, p1 += 32, p2 += 32, p3 += 32, p4 += 32;
  }
}

/** G g: two taps to five products' right sides. */
export function kernel(from: usize, step: usize, to: usize, stride: usize, bytes: usize): void {
  for (const end = from + bytes; from < end; from += 32, to += 32) {
    const d0 = v128.load(from), e0 = v128.load(from, 16);
    const p1 = from + step;
    const d1 = v128.load(p1), e1 = v128.load(p1, 16);
    v128.store(to, scaled(0.5, d0)), v128.store(to, scaled(0.5, e0), 16);
    v128.store(to + stride, scaled(-0.5, add(d0, d1))),
      v128.store(to + stride, scaled(-0.5, add(e0, e1)), 16);
    v128.store(to + 2 * stride, scaled(1 / 6.0, sub(d1, d0))),
      v128.store(to + 2 * stride, scaled(1 / 6.0, sub(e1, e0)), 16);
    v128.store(to + 3 * stride, scaled(1 / 6.0, add(scaled(2, d1), d0))),
      v128.store(to + 3 * stride, scaled(1 / 6.0, add(scaled(2, e1), e0)), 16);
    v128.store(to + 4 * stride, d1), v128.store(to + 4 * stride, e1, 16);
  }
}

/** Aᵀm: five products to four output pixels, none below `low`. */
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
    const a = add(d1, d2), ah = add(e1, e2);
    const b = sub(d1, d2), bh = sub(e1, e2);
    v128.store(to, max(add(add(d0, a), d3), floor)),
      v128.store(to, max(add(add(e0, ah), e3), floor), 16);
    v128.store(to + stride, max(times(k2, d3, b), floor)),
      v128.store(to + stride, max(times(k2, e3, bh), floor), 16);
    v128.store(to + 2 * stride, max(times(k4, d3, a), floor)),
      v128.store(to + 2 * stride, max(times(k4, e3, ah), floor), 16);
    v128.store(to + 3 * stride, max(add(times(k8, d3, b), d4), floor)),
      v128.store(to + 3 * stride, max(add(times(k8, e3, bh), e4), floor), 16);
  }
}

/** A dy: four output gradients to five products' right sides, the adjoint of `output`. */
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
    v128.store(to + 4 * stride, d3), v128.store(to + 4 * stride, e3, 16);
  }
}

/** Gᵀu: five products to two taps' gradients, the adjoint of `kernel`. */
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
    const a = scaled(-0.5, d1), ah = scaled(-0.5, e1);
    const b = scaled(1 / 6.0, sub(d3, d2)), bh = scaled(1 / 6.0, sub(e3, e2));
    const c = scaled(1 / 6.0, add(d2, scaled(2, d3))),
      ch = scaled(1 / 6.0, add(e2, scaled(2, e3)));
    v128.store(to, add(add(scaled(0.5, d0), a), b)),
      v128.store(to, add(add(scaled(0.5, e0), ah), bh), 16);
    v128.store(to + stride, add(add(a, c), d4)), v128.store(to + stride, add(add(ah, ch), e4), 16);
  }
}
