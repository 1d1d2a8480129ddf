import { DeconvError } from "../../errors.ts";
import { shapeText, type Tensor } from "../../tensor.ts";

/** A square matrix, row by row. */
export interface ColorMatrix {
  /** Channels. */
  readonly channels: number;
  /** `channels`² numbers: channel i of a picture is Σ values[i, j] · component j. */
  readonly values: Float64Array;
}

/**
 * The square root of the covariance of ImageNet's colours, as Lucid has it, divided by the norm of its
 * longest column.
 */
const IMAGENET = [[0.26, 0.09, 0.02], [0.27, 0, -0.05], [0.27, -0.09, 0.03]];

/** A matrix whose longest column has length 1. */
function scaled(channels: number, values: Float64Array): ColorMatrix {
  let longest = 0;
  for (let j = 0; j < channels; j++) {
    let sum = 0;
    for (let i = 0; i < channels; i++) sum += values[i * channels + j] ** 2;
    longest = Math.max(longest, Math.sqrt(sum));
  }
  return { channels, values: longest > 0 ? values.map((value) => value / longest) : values };
}

/** What is used where no data say otherwise: ImageNet's colours for three channels, none for others. */
export function defaultColors(channels: number): ColorMatrix {
  if (channels === 3) return scaled(3, Float64Array.from(IMAGENET.flat()));
  const values = new Float64Array(channels * channels);
  for (let i = 0; i < channels; i++) values[i * channels + i] = 1;
  return { channels, values };
}

/**
 * Eigenvalues and eigenvectors of a symmetric matrix by Jacobi's rotations; `vectors[i, k]` is component i
 * of the vector of `values[k]`.
 */
export function eigen(
  n: number,
  symmetric: Float64Array,
): { values: number[]; vectors: Float64Array } {
  const a = symmetric.slice(), vectors = new Float64Array(n * n);
  for (let i = 0; i < n; i++) vectors[i * n + i] = 1;
  for (let sweep = 0; sweep < 60; sweep++) {
    let off = 0;
    for (let p = 0; p < n; p++) for (let q = p + 1; q < n; q++) off += a[p * n + q] ** 2;
    if (off < 1e-30 * a.reduce((sum, value) => sum + value * value, 0)) break;
    for (let p = 0; p < n; p++) {
      for (let q = p + 1; q < n; q++) {
        if (a[p * n + q] === 0) continue;
        const theta = (a[q * n + q] - a[p * n + p]) / (2 * a[p * n + q]);
        const t = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
        const c = 1 / Math.sqrt(t * t + 1), s = t * c;
        const turn = (m: Float64Array, i: number, j: number) => {
          const x = m[i], y = m[j];
          m[i] = c * x - s * y;
          m[j] = s * x + c * y;
        };
        for (let k = 0; k < n; k++) turn(a, k * n + p, k * n + q);
        for (let k = 0; k < n; k++) turn(a, p * n + k, q * n + k);
        for (let k = 0; k < n; k++) turn(vectors, k * n + p, k * n + q);
      }
    }
  }
  return { values: Array.from({ length: n }, (_, i) => a[i * n + i]), vectors };
}

/**
 * How the channels of pictures go together: the square root of their covariance (Olah et al. 2017), for
 * `colors` of `featureVisualization`. Components that it mixes are uncorrelated in pictures like these.
 *
 * @param pictures `[…, channels]`.
 * @throws {DeconvError} When there are fewer than two pixels.
 *
 * @example
 * ```ts
 * import { colorCorrelation, tensor } from "@deconv/deconv";
 * const { values } = colorCorrelation(tensor([0, 0, 1, 1, 0.5, 0.5], [3, 2]));
 * console.log(values.map((value) => Math.round(100 * value))); // 71, 71, 71, 71: one goes with the other
 * ```
 */
export function colorCorrelation({ shape, data }: Tensor): ColorMatrix {
  const channels = shape[shape.length - 1], pixels = data.length / channels;
  if (!(pixels >= 2)) {
    throw new DeconvError(
      `Cannot tell how colours go together in ${shapeText(shape)}: two pixels are needed`,
    );
  }
  const mean = new Float64Array(channels), covariance = new Float64Array(channels * channels);
  data.forEach((value, i) => mean[i % channels] += value / pixels);
  for (let at = 0; at < data.length; at += channels) {
    for (let i = 0; i < channels; i++) {
      for (let j = 0; j < channels; j++) {
        covariance[i * channels + j] += (data[at + i] - mean[i]) * (data[at + j] - mean[j]) /
          pixels;
      }
    }
  }
  const { values, vectors } = eigen(channels, covariance);
  const root = new Float64Array(channels * channels);
  for (let i = 0; i < channels; i++) {
    for (let j = 0; j < channels; j++) {
      root[i * channels + j] = vectors[i * channels + j] * Math.sqrt(Math.max(0, values[j]));
    }
  }
  return scaled(channels, root);
}
