/** Planes as sums of waves, and the adjoint of that. */

/** A linear map from the numbers that describe a plane to its pixels, and its adjoint. */
export interface PlaneBasis {
  /** Numbers that describe a plane. */
  readonly size: number;
  /** Pixels of a plane from its numbers. */
  pixels(numbers: Float64Array): Float64Array;
  /** The adjoint: what a gradient with respect to the pixels is with respect to the numbers. */
  adjoint(pixels: Float64Array): Float64Array;
}

/** Every number is a pixel. */
export function pixelBasis(height: number, width: number): PlaneBasis {
  return { size: height * width, pixels: (numbers) => numbers, adjoint: (pixels) => pixels };
}

/** cos and sin of 2πi/n for i from 0 to n − 1. */
function circle(n: number): [Float64Array, Float64Array] {
  const angles = Float64Array.from({ length: n }, (_, i) => 2 * Math.PI * i / n);
  return [angles.map(Math.cos), angles.map(Math.sin)];
}

/**
 * The Fourier basis of Lucid (Olah et al. 2017): the numbers are real and imaginary parts of half a
 * spectrum, `[height, ⌊width/2⌋ + 1, 2]`, each divided by its frequency (that of the whole plane at
 * least), so that every scale of a picture learns at the same pace, as natural pictures have power 1/f².
 *
 * x[r, c] = 1/√(hw) · Σ m · s · (a cos φ − b sin φ), φ = 2π(vr/h + uc/w), s = 1/max(f, 1/max(h, w)), m = 2
 * for waves whose mirror image the half spectrum leaves out and 1 for others.
 */
export function fourierBasis(height: number, width: number): PlaneBasis {
  const half = (width >> 1) + 1, size = 2 * height * half;
  const [cosY, sinY] = circle(height), [cosX, sinX] = circle(width);
  const scale = new Float64Array(height * half);
  for (let v = 0; v < height; v++) {
    const down = Math.min(v, height - v) / height;
    for (let u = 0; u < half; u++) {
      const frequency = Math.max(Math.hypot(down, u / width), 1 / Math.max(height, width));
      const twice = u > 0 && 2 * u !== width ? 2 : 1;
      scale[v * half + u] = twice / frequency / Math.sqrt(height * width);
    }
  }
  const real = new Float64Array(height * half), imaginary = new Float64Array(height * half);
  return {
    size,
    pixels: (numbers) => {
      // Down the columns of the spectrum, then along the rows.
      for (let r = 0; r < height; r++) {
        for (let u = 0; u < half; u++) {
          let a = 0, b = 0;
          for (let v = 0, at = 0; v < height; v++, at = (at + r) % height) {
            const i = v * half + u,
              s = scale[i],
              p = s * numbers[2 * i],
              q = s * numbers[2 * i + 1];
            a += p * cosY[at] - q * sinY[at];
            b += p * sinY[at] + q * cosY[at];
          }
          real[r * half + u] = a;
          imaginary[r * half + u] = b;
        }
      }
      const pixels = new Float64Array(height * width);
      for (let r = 0; r < height; r++) {
        for (let c = 0; c < width; c++) {
          let sum = 0;
          for (let u = 0, at = 0; u < half; u++, at = (at + c) % width) {
            sum += real[r * half + u] * cosX[at] - imaginary[r * half + u] * sinX[at];
          }
          pixels[r * width + c] = sum;
        }
      }
      return pixels;
    },
    adjoint: (pixels) => {
      for (let r = 0; r < height; r++) {
        for (let u = 0; u < half; u++) {
          let a = 0, b = 0;
          for (let c = 0, at = 0; c < width; c++, at = (at + u) % width) {
            a += pixels[r * width + c] * cosX[at];
            b -= pixels[r * width + c] * sinX[at];
          }
          real[r * half + u] = a;
          imaginary[r * half + u] = b;
        }
      }
      const numbers = new Float64Array(size);
      for (let v = 0; v < height; v++) {
        for (let u = 0; u < half; u++) {
          let p = 0, q = 0;
          for (let r = 0, at = 0; r < height; r++, at = (at + v) % height) {
            const a = real[r * half + u], b = imaginary[r * half + u];
            p += a * cosY[at] + b * sinY[at];
            q += b * cosY[at] - a * sinY[at];
          }
          const i = v * half + u;
          numbers[2 * i] = scale[i] * p;
          numbers[2 * i + 1] = scale[i] * q;
        }
      }
      return numbers;
    },
  };
}
