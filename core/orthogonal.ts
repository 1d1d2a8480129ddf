import { DeconvError } from "./errors.ts";
import type { Random } from "./random.ts";
import { type Shape, shapeText } from "./tensor.ts";

/**
 * Fills `out` with Q of the QR decomposition, with R's diagonal positive, of a tall normal matrix: uniform over all
 * orthogonal frames. Modified Gram-Schmidt in float64, which loses about condition number · 1e-16.
 */
export function fillOrthogonal(out: Float32Array, shape: Shape, gain: number, rng: Random): void {
  if (shape.length < 2) {
    throw new DeconvError(
      `Cannot make a parameter of shape ${
        shapeText(shape)
      } orthogonal: it needs two or more dimensions`,
    );
  }
  const columns = shape[shape.length - 1];
  if (out.length === 0) return;
  const rows = out.length / columns;
  const count = Math.min(rows, columns), length = Math.max(rows, columns);
  rng.fillNormal(out, 0, 1, 0);
  const vectors = Float64Array.from(out);
  const vector = (i: number) => vectors.subarray(i * length, (i + 1) * length);
  for (let i = 0; i < count; i++) {
    const unit = vector(i);
    const norm = Math.sqrt(dot(unit, unit));
    for (let r = 0; r < length; r++) unit[r] /= norm;
    for (let j = i + 1; j < count; j++) {
      const other = vector(j), overlap = dot(unit, other);
      for (let r = 0; r < length; r++) other[r] -= overlap * unit[r];
    }
  }
  for (let i = 0; i < count; i++) {
    for (let r = 0; r < length; r++) {
      out[rows < columns ? i * columns + r : r * columns + i] = gain * vectors[i * length + r];
    }
  }
}

/** The inner product, in four partial sums so that additions overlap. */
function dot(a: Float64Array, b: Float64Array): number {
  let s0 = 0, s1 = 0, s2 = 0, s3 = 0, i = 0;
  for (; i + 3 < a.length; i += 4) {
    s0 += a[i] * b[i];
    s1 += a[i + 1] * b[i + 1];
    s2 += a[i + 2] * b[i + 2];
    s3 += a[i + 3] * b[i + 3];
  }
  for (; i < a.length; i++) s0 += a[i] * b[i];
  return (s0 + s1) + (s2 + s3);
}
