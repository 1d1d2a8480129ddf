/**
 * Activation functions and their gradients.
 *
 * Each elementwise function is given as its value and its slope. At a kink the slope is PyTorch's:
 * relu, relu6, leaky_relu and hard_sigmoid take the slope on the left at 0 and the flat side at 6 and ±3.
 */

import { type Array64, array64, type NumberArray } from "./array.ts";

/** The names of the activation functions, as Keras and PyTorch know them. */
export type ActivationName =
  | "relu"
  | "relu6"
  | "leaky_relu"
  | "elu"
  | "selu"
  | "sigmoid"
  | "tanh"
  | "softplus"
  | "gelu"
  | "gelu_tanh"
  | "silu"
  | "hard_sigmoid"
  | "softmax"
  | "log_softmax";

/** One function of one number, and its derivative. */
interface Curve {
  value(x: number, alpha: number): number;
  slope(x: number, alpha: number): number;
}

/** Klambauer et al., "Self-Normalizing Neural Networks", arXiv:1706.02515, eq. 2 and appendix. */
const SELU_ALPHA = 1.6732632423543772848170429916717;
const SELU_SCALE = 1.0507009873554804934193349852946;

/** The weight of x³ in the tanh form of gelu, arXiv:1606.08415. */
const GELU_CUBIC = 0.044715;

/**
 * The error function, by the series without cancellation (Abramowitz & Stegun 7.1.6):
 * `erf x = 2/√π · e^(-x²) · Σ 2ⁿ x^(2n+1) / (1·3·5···(2n+1))`. Beyond 6 it is ±1 in float64.
 */
export function erf(x: number): number {
  if (Math.abs(x) > 6) return Math.sign(x);
  let term = x;
  let sum = x;
  for (let n = 1; Math.abs(term) > 1e-18 * Math.abs(sum); n++) {
    term *= 2 * x * x / (2 * n + 1);
    sum += term;
  }
  return 2 / Math.sqrt(Math.PI) * Math.exp(-x * x) * sum;
}

function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}

function geluTanhInner(x: number): number {
  return Math.sqrt(2 / Math.PI) * (x + GELU_CUBIC * x ** 3);
}

const CURVES: Record<Exclude<ActivationName, "softmax" | "log_softmax">, Curve> = {
  relu: {
    value: (x) => Math.max(x, 0),
    slope: (x) => x > 0 ? 1 : 0,
  },
  leaky_relu: {
    value: (x, alpha) => x > 0 ? x : alpha * x,
    slope: (x, alpha) => x > 0 ? 1 : alpha,
  },
  elu: { // Clevert et al., arXiv:1511.07289
    value: (x, alpha) => x > 0 ? x : alpha * Math.expm1(x),
    slope: (x, alpha) => x > 0 ? 1 : alpha * Math.exp(x),
  },
  selu: {
    value: (x) => SELU_SCALE * (x > 0 ? x : SELU_ALPHA * Math.expm1(x)),
    slope: (x) => SELU_SCALE * (x > 0 ? 1 : SELU_ALPHA * Math.exp(x)),
  },
  sigmoid: {
    value: sigmoid,
    slope: (x) => sigmoid(x) * sigmoid(-x),
  },
  tanh: {
    value: Math.tanh,
    slope: (x) => 1 - Math.tanh(x) ** 2,
  },
  softplus: { // ln(1 + eˣ), written so that eˣ cannot overflow
    value: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
    slope: sigmoid,
  },
  gelu: { // Hendrycks & Gimpel, arXiv:1606.08415: x · Φ(x)
    value: (x) => x * 0.5 * (1 + erf(x / Math.SQRT2)),
    slope: (x) =>
      0.5 * (1 + erf(x / Math.SQRT2)) + x * Math.exp(-x * x / 2) / Math.sqrt(2 * Math.PI),
  },
  gelu_tanh: {
    value: (x) => 0.5 * x * (1 + Math.tanh(geluTanhInner(x))),
    slope: (x) => {
      const t = Math.tanh(geluTanhInner(x));
      const inner = Math.sqrt(2 / Math.PI) * (1 + 3 * GELU_CUBIC * x * x);
      return 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * inner;
    },
  },
  silu: { // also called swish, arXiv:1702.03118
    value: (x) => x * sigmoid(x),
    slope: (x) => sigmoid(x) * (1 + x * sigmoid(-x)),
  },
  relu6: {
    value: (x) => Math.min(Math.max(x, 0), 6),
    slope: (x) => x > 0 && x < 6 ? 1 : 0,
  },
  hard_sigmoid: { // Keras 3 and PyTorch; Keras 2 had x/5 + 1/2
    value: (x) => Math.min(Math.max(x / 6 + 0.5, 0), 1),
    slope: (x) => x > -3 && x < 3 ? 1 / 6 : 0,
  },
};

/** The curve of an elementwise activation, with the alpha it needs checked. */
function curveOf(name: Exclude<ActivationName, "softmax" | "log_softmax">, alpha?: number): Curve {
  if (name === "leaky_relu" && alpha === undefined) throw new Error("leaky_relu needs its alpha");
  return CURVES[name];
}

/** Softmax of one row, made safe by taking the largest value away first. */
function softmaxRow(row: number[]): number[] {
  const largest = Math.max(...row);
  const powers = row.map((z) => Math.exp(z - largest));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((p) => p / sum);
}

function logSoftmaxRow(row: number[]): number[] {
  const largest = Math.max(...row);
  const sum = row.reduce((total, z) => total + Math.exp(z - largest), 0);
  return row.map((z) => z - largest - Math.log(sum));
}

/** Applies `f` to each row (the last axis) of `x`; `f` also gets the row's number. */
function byRow(x: NumberArray, f: (row: number[], index: number) => number[]): Array64 {
  const width = x.shape[x.shape.length - 1];
  const y = array64(x.shape);
  for (let m = 0; m * width < x.data.length; m++) {
    y.data.set(f(Array.from(x.data).slice(m * width, (m + 1) * width), m), m * width);
  }
  return y;
}

/** The function's value; `alpha` is leaky_relu's slope (required) and elu's limit (default 1). */
export function activation(name: ActivationName, x: NumberArray, alpha?: number): Array64 {
  if (name === "softmax") return byRow(x, softmaxRow);
  if (name === "log_softmax") return byRow(x, logSoftmaxRow);
  const curve = curveOf(name, alpha);
  return array64(x.shape, Array.from(x.data, (value) => curve.value(value, alpha ?? 1)));
}

/**
 * The gradient with respect to x, given dy.
 *
 * Over a row, softmax p has `dx = p · (dy - Σ p·dy)` and log_softmax has `dx = dy - p · Σ dy`.
 */
export function activationGradient(
  name: ActivationName,
  x: NumberArray,
  dy: NumberArray,
  alpha?: number,
): Array64 {
  const width = x.shape[x.shape.length - 1];
  if (name === "softmax") {
    return byRow(x, (row, m) => {
      const p = softmaxRow(row);
      const mean = p.reduce((sum, value, k) => sum + value * dy.data[m * width + k], 0);
      return p.map((value, k) => value * (dy.data[m * width + k] - mean));
    });
  }
  if (name === "log_softmax") {
    return byRow(x, (row, m) => {
      const p = softmaxRow(row);
      const sum = p.reduce((total, _, k) => total + dy.data[m * width + k], 0);
      return p.map((value, k) => dy.data[m * width + k] - value * sum);
    });
  }
  const curve = curveOf(name, alpha);
  return array64(
    x.shape,
    Array.from(x.data, (value, k) => curve.slope(value, alpha ?? 1) * dy.data[k]),
  );
}
