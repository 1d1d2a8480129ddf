// The one-dimensional transforms of Winograd's minimal filtering, for eight channels at a time (two
// vectors, so that turbo can pack them). A two-dimensional transform applies one down the columns and
// then along the rows. Every method reads its inputs `step` bytes apart and writes its outputs
// `stride` bytes apart.
//
// From the interpolation points aᵢ and M(x) = Π(x - aᵢ): Bᵀ holds the coefficients of M(x)/(x - aᵢ), G the
// powers of aᵢ over Π(aᵢ - aₖ), Aᵀ the powers of aᵢ. Winograd 1980; Lavin & Gray 2016, "Fast Algorithms
// for Convolutional Neural Networks"; for the gradients, each transform's adjoint.

import { EIGHT, FIVE, FOUR, TWO } from "./memory";
import { add, less, max, scaled, sub, times } from "./winograd_lanes";

/** F(4, 3): four outputs of three taps from six inputs; points 0, 1, -1, 2, -2, ∞. */
@unmanaged
export class F43 {
  /** Outputs a tile has along an axis. */
  outputs(): i32 {
    return 4;
  }
  /** Taps of the kernel along an axis. */
  taps(): i32 {
    return 3;
  }

  /** Bᵀd: six source pixels to six products' left sides. */
  input(from: usize, step: usize, to: usize, stride: usize): void {
    const k2 = v128.load32_splat(TWO), k4 = v128.load32_splat(FOUR), k5 = v128.load32_splat(FIVE);
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
  }

  /** G g: three taps to six products' right sides. */
  kernel(from: usize, step: usize, to: usize, stride: usize): void {
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

  /** Aᵀm: six products to four output pixels, none below `low`. */
  output(from: usize, step: usize, to: usize, stride: usize, low: f32): void {
    const k2 = v128.load32_splat(TWO), k4 = v128.load32_splat(FOUR), k8 = v128.load32_splat(EIGHT);
    const floor = f32x4.splat(low);
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

  /** A dy: four output gradients to six products' right sides, the adjoint of `output`. */
  gradient(from: usize, step: usize, to: usize, stride: usize): void {
    const k4 = v128.load32_splat(FOUR);
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
    const f = scaled(2, times(k4, d3, d1)), fh = scaled(2, times(k4, e3, e1));
    v128.store(to, d0), v128.store(to, e0, 16);
    v128.store(to + stride, add(a, b)), v128.store(to + stride, add(ah, bh), 16);
    v128.store(to + 2 * stride, sub(a, b)), v128.store(to + 2 * stride, sub(ah, bh), 16);
    v128.store(to + 3 * stride, add(c, f)), v128.store(to + 3 * stride, add(ch, fh), 16);
    v128.store(to + 4 * stride, sub(c, f)), v128.store(to + 4 * stride, sub(ch, fh), 16);
    v128.store(to + 5 * stride, d3), v128.store(to + 5 * stride, e3, 16);
  }

  /** Gᵀu: six products to three taps' gradients, the adjoint of `kernel`. */
  kernelGradient(from: usize, step: usize, to: usize, stride: usize): void {
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

/** F(2, 3): two outputs of three taps from four inputs; points 0, 1, -1, ∞. */
@unmanaged
export class F23 {
  /** Outputs a tile has along an axis. */
  outputs(): i32 {
    return 2;
  }
  /** Taps of the kernel along an axis. */
  taps(): i32 {
    return 3;
  }

  /** Bᵀd: four source pixels to four products' left sides. */
  input(from: usize, step: usize, to: usize, stride: usize): void {
    const d0 = v128.load(from), e0 = v128.load(from, 16);
    const p1 = from + step;
    const d1 = v128.load(p1), e1 = v128.load(p1, 16);
    const p2 = p1 + step;
    const d2 = v128.load(p2), e2 = v128.load(p2, 16);
    const p3 = p2 + step;
    const d3 = v128.load(p3), e3 = v128.load(p3, 16);
    v128.store(to, sub(d0, d2)), v128.store(to, sub(e0, e2), 16);
    v128.store(to + stride, add(d1, d2)), v128.store(to + stride, add(e1, e2), 16);
    v128.store(to + 2 * stride, sub(d2, d1)), v128.store(to + 2 * stride, sub(e2, e1), 16);
    v128.store(to + 3 * stride, sub(d1, d3)), v128.store(to + 3 * stride, sub(e1, e3), 16);
  }

  /** G g: three taps to four products' right sides. */
  kernel(from: usize, step: usize, to: usize, stride: usize): void {
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

  /** Aᵀm: four products to two output pixels, none below `low`. */
  output(from: usize, step: usize, to: usize, stride: usize, low: f32): void {
    const floor = f32x4.splat(low);
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

  /** A dy: two output gradients to four products' right sides, the adjoint of `output`. */
  gradient(from: usize, step: usize, to: usize, stride: usize): void {
    const d0 = v128.load(from), e0 = v128.load(from, 16);
    const p1 = from + step;
    const d1 = v128.load(p1), e1 = v128.load(p1, 16);
    v128.store(to, d0), v128.store(to, e0, 16);
    v128.store(to + stride, add(d0, d1)), v128.store(to + stride, add(e0, e1), 16);
    v128.store(to + 2 * stride, sub(d0, d1)), v128.store(to + 2 * stride, sub(e0, e1), 16);
    v128.store(to + 3 * stride, scaled(-1, d1)), v128.store(to + 3 * stride, scaled(-1, e1), 16);
  }

  /** Gᵀu: four products to three taps' gradients, the adjoint of `kernel`. */
  kernelGradient(from: usize, step: usize, to: usize, stride: usize): void {
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

/** F(4, 2): four outputs of two taps from five inputs; points 0, 1, -1, 2, ∞. */
@unmanaged
export class F42 {
  /** Outputs a tile has along an axis. */
  outputs(): i32 {
    return 4;
  }
  /** Taps of the kernel along an axis. */
  taps(): i32 {
    return 2;
  }

  /** Bᵀd: five source pixels to five products' left sides. */
  input(from: usize, step: usize, to: usize, stride: usize): void {
    const k2 = v128.load32_splat(TWO);
    const d0 = v128.load(from), e0 = v128.load(from, 16);
    const p1 = from + step;
    const d1 = v128.load(p1), e1 = v128.load(p1, 16);
    const p2 = p1 + step;
    const d2 = v128.load(p2), e2 = v128.load(p2, 16);
    const p3 = p2 + step;
    const d3 = v128.load(p3), e3 = v128.load(p3, 16);
    const p4 = p3 + step;
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
  }

  /** G g: two taps to five products' right sides. */
  kernel(from: usize, step: usize, to: usize, stride: usize): void {
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

  /** Aᵀm: five products to four output pixels, none below `low`. */
  output(from: usize, step: usize, to: usize, stride: usize, low: f32): void {
    const k2 = v128.load32_splat(TWO), k4 = v128.load32_splat(FOUR), k8 = v128.load32_splat(EIGHT);
    const floor = f32x4.splat(low);
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

  /** A dy: four output gradients to five products' right sides, the adjoint of `output`. */
  gradient(from: usize, step: usize, to: usize, stride: usize): void {
    const k4 = v128.load32_splat(FOUR);
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
    const f = scaled(2, times(k4, d3, d1)), fh = scaled(2, times(k4, e3, e1));
    v128.store(to, d0), v128.store(to, e0, 16);
    v128.store(to + stride, add(a, b)), v128.store(to + stride, add(ah, bh), 16);
    v128.store(to + 2 * stride, sub(a, b)), v128.store(to + 2 * stride, sub(ah, bh), 16);
    v128.store(to + 3 * stride, add(c, f)), v128.store(to + 3 * stride, add(ch, fh), 16);
    v128.store(to + 4 * stride, d3), v128.store(to + 4 * stride, e3, 16);
  }

  /** Gᵀu: five products to two taps' gradients, the adjoint of `kernel`. */
  kernelGradient(from: usize, step: usize, to: usize, stride: usize): void {
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
    const c = scaled(1 / 6.0, add(d2, scaled(2, d3))), ch = scaled(1 / 6.0, add(e2, scaled(2, e3)));
    v128.store(to, add(add(scaled(0.5, d0), a), b)),
      v128.store(to, add(add(scaled(0.5, e0), ah), bh), 16);
    v128.store(to + stride, add(add(a, c), d4)), v128.store(to + stride, add(add(ah, ch), e4), 16);
  }
}
