/**
 * Loss functions: their value and the gradient with respect to what the network gave.
 *
 * Elementwise losses are the mean over every element; cross-entropies over classes are summed over
 * the last axis and averaged over all others; the KL divergence is summed over the latent axis and
 * averaged over the batch.
 */

import { type Array64, array64, at4, type NumberArray } from "./array.ts";
import { ssimLoss, type SsimOptions } from "./ssim.ts";

/** A loss and its gradient. */
export interface LossResult {
  readonly loss: number;
  readonly gradient: Array64;
}

/** Options of the cross-entropies. */
export interface CrossentropyOptions {
  /** Whether the first argument holds logits rather than probabilities. */
  readonly fromLogits?: boolean;
  /** How much of each target is spread evenly over the classes (arXiv:1512.00567, §7). */
  readonly labelSmoothing?: number;
}

/**
 * Probabilities are kept this far from 0 and 1, as in Keras (`keras.config.epsilon()`). The gradient
 * is the one at the clipped probability, not zero, so that a saturated output can still recover.
 */
const EPSILON = 1e-7;

function clip(p: number): number {
  return Math.min(Math.max(p, EPSILON), 1 - EPSILON);
}

/** Averages `value` over all elements; `value` gives an element's loss and derivative. */
function elementwise(
  y: NumberArray,
  value: (y: number, index: number) => [loss: number, slope: number],
): LossResult {
  const count = y.data.length;
  const gradient = array64(y.shape);
  let sum = 0;
  for (let k = 0; k < count; k++) {
    const [loss, slope] = value(y.data[k], k);
    sum += loss;
    gradient.data[k] = slope / count;
  }
  return { loss: sum / count, gradient };
}

/** Mean squared error, `(y - t)²`. */
export function mse(y: NumberArray, t: NumberArray): LossResult {
  return elementwise(y, (value, k) => [(value - t.data[k]) ** 2, 2 * (value - t.data[k])]);
}

/** Mean absolute error, `|y - t|`; its slope at 0 is 0. */
export function mae(y: NumberArray, t: NumberArray): LossResult {
  return elementwise(y, (value, k) => [Math.abs(value - t.data[k]), Math.sign(value - t.data[k])]);
}

/** Huber's loss: `e²/2` up to `delta`, then `delta·(|e| - delta/2)` (Huber 1964). */
export function huber(y: NumberArray, t: NumberArray, delta = 1): LossResult {
  return elementwise(y, (value, k) => {
    const error = value - t.data[k];
    if (Math.abs(error) <= delta) return [error * error / 2, error];
    return [delta * (Math.abs(error) - delta / 2), delta * Math.sign(error)];
  });
}

/**
 * Binary cross-entropy, `-t·ln p - (1 - t)·ln(1 - p)`; smoothing makes t into `t·(1 - s) + s/2`.
 *
 * From logits z it is `max(z, 0) - z·t + ln(1 + e^-|z|)` with slope `sigmoid(z) - t`.
 */
export function binaryCrossentropy(
  y: NumberArray,
  t: NumberArray,
  options: CrossentropyOptions = {},
): LossResult {
  const { fromLogits = false, labelSmoothing = 0 } = options;
  return elementwise(y, (value, k) => {
    const target = t.data[k] * (1 - labelSmoothing) + labelSmoothing / 2;
    if (fromLogits) {
      const loss = Math.max(value, 0) - value * target + Math.log1p(Math.exp(-Math.abs(value)));
      return [loss, 1 / (1 + Math.exp(-value)) - target];
    }
    const p = clip(value);
    const loss = -target * Math.log(p) - (1 - target) * Math.log(1 - p);
    return [loss, (p - target) / (p * (1 - p))];
  });
}

/**
 * Categorical cross-entropy, `-Σ_k t_k·ln p_k` over the last axis, averaged over the rows; smoothing
 * makes t into `t·(1 - s) + s/classes`.
 *
 * Probabilities are taken as they are (Keras divides them by their sum first; after a softmax this
 * changes neither the loss nor any gradient that reaches the logits). From logits the slope is
 * `softmax(z)·Σt - t`.
 */
export function categoricalCrossentropy(
  y: NumberArray,
  t: NumberArray,
  options: CrossentropyOptions = {},
): LossResult {
  const { fromLogits = false, labelSmoothing = 0 } = options;
  const classes = y.shape[y.shape.length - 1];
  const rows = y.data.length / classes;
  const gradient = array64(y.shape);
  let sum = 0;
  for (let m = 0; m < rows; m++) {
    const row = Array.from({ length: classes }, (_, k) => y.data[m * classes + k]);
    const target = row.map((_, k) =>
      t.data[m * classes + k] * (1 - labelSmoothing) + labelSmoothing / classes
    );
    const totalTarget = target.reduce((a, b) => a + b, 0);
    const largest = Math.max(...row);
    const logSum = largest + Math.log(row.reduce((a, z) => a + Math.exp(z - largest), 0));
    for (let k = 0; k < classes; k++) {
      if (fromLogits) {
        sum -= target[k] * (row[k] - logSum);
        const p = Math.exp(row[k] - logSum);
        gradient.data[m * classes + k] = (p * totalTarget - target[k]) / rows;
      } else {
        sum -= target[k] * Math.log(clip(row[k]));
        gradient.data[m * classes + k] = -target[k] / clip(row[k]) / rows;
      }
    }
  }
  return { loss: sum / rows, gradient };
}

/** Categorical cross-entropy whose targets are class numbers, one for each row of `y`. */
export function sparseCategoricalCrossentropy(
  y: NumberArray,
  labels: NumberArray,
  options: CrossentropyOptions = {},
): LossResult {
  const classes = y.shape[y.shape.length - 1];
  const oneHot = array64(y.shape);
  for (let m = 0; m < labels.data.length; m++) oneHot.data[m * classes + labels.data[m]] = 1;
  return categoricalCrossentropy(y, oneHot, options);
}

/** The KL loss has two inputs, so two gradients. */
export interface KlResult {
  readonly loss: number;
  readonly dmu: Array64;
  readonly dlogvar: Array64;
}

/**
 * KL divergence of N(mu, exp(logvar)) from the standard normal,
 * `½·Σ(mu² + e^logvar - 1 - logvar)` (Kingma & Welling, arXiv:1312.6114, appendix B).
 */
export function klStandardNormal(mu: NumberArray, logvar: NumberArray): KlResult {
  const rows = mu.data.length / mu.shape[mu.shape.length - 1];
  const dmu = array64(mu.shape);
  const dlogvar = array64(mu.shape);
  let sum = 0;
  for (let k = 0; k < mu.data.length; k++) {
    const variance = Math.exp(logvar.data[k]);
    sum += 0.5 * (mu.data[k] ** 2 + variance - 1 - logvar.data[k]);
    dmu.data[k] = mu.data[k] / rows;
    dlogvar.data[k] = 0.5 * (variance - 1) / rows;
  }
  return { loss: sum / rows, dmu, dlogvar };
}

/** Options of the focal losses. */
export interface FocalOptions {
  readonly gamma?: number;
  readonly alpha?: number;
  readonly fromLogits?: boolean;
}

/**
 * Focal loss (Lin et al., arXiv:1708.02002, eq. 5): `-α_t (1 - p_t)^γ ln p_t`, for targets between 0
 * and 1 the mean of both sides weighted by them.
 */
export function focal(y: NumberArray, t: NumberArray, options: FocalOptions = {}): LossResult {
  const { gamma = 2, alpha = 0.25, fromLogits = false } = options;
  /** Loss of the probability p of what is right, 1 - p given apart, and its derivative in p. */
  const side = (p: number, q: number, weight: number) => ({
    loss: -weight * q ** gamma * Math.log(p),
    slope: weight * ((gamma ? gamma * q ** (gamma - 1) * Math.log(p) : 0) - q ** gamma / p),
  });
  return elementwise(y, (value, k) => {
    const p = fromLogits ? 1 / (1 + Math.exp(-value)) : clip(value);
    const q = fromLogits ? 1 / (1 + Math.exp(value)) : 1 - p;
    const one = side(p, q, alpha), zero = side(q, p, 1 - alpha), target = t.data[k];
    const slope = target * one.slope - (1 - target) * zero.slope;
    return [target * one.loss + (1 - target) * zero.loss, fromLogits ? slope * p * q : slope];
  });
}

/** Sums of a function over the last axis, averaged over the rows. */
function rowwise(
  y: NumberArray,
  value: (y: number, index: number) => [loss: number, slope: number],
): LossResult {
  const width = y.shape[y.shape.length - 1], { loss, gradient } = elementwise(y, value);
  return {
    loss: loss * width,
    gradient: array64(y.shape, gradient.data.map((slope) => slope * width)),
  };
}

/** `-α t (1 - y)^γ ln y` over classes. */
export function categoricalFocal(
  y: NumberArray,
  t: NumberArray,
  { gamma = 2, alpha = 0.25 }: FocalOptions = {},
): LossResult {
  return rowwise(y, (value, k) => {
    const p = clip(value), weight = alpha * t.data[k];
    const slope = gamma * (1 - p) ** (gamma - 1) * Math.log(p) - (1 - p) ** gamma / p;
    return [-weight * (1 - p) ** gamma * Math.log(p), weight * slope];
  });
}

/** Kullback-Leibler divergence of y from t, `t ln(t / y)`; 0 where t is. */
export function klDivergence(y: NumberArray, t: NumberArray): LossResult {
  return rowwise(y, (value, k) => {
    const target = t.data[k], p = clip(value);
    return [target ? target * Math.log(target / p) : 0, -target / p];
  });
}

/** `-cos` of the angle between rows. */
export function cosineSimilarity(y: NumberArray, t: NumberArray): LossResult {
  const width = y.shape[y.shape.length - 1], rows = y.data.length / width;
  const gradient = array64(y.shape);
  let sum = 0;
  for (let m = 0; m < rows; m++) {
    const at = (a: NumberArray) => Array.from({ length: width }, (_, k) => a.data[m * width + k]);
    const u = at(y), v = at(t);
    const length = Math.hypot(...u), other = Math.hypot(...v);
    const cosine = u.reduce((all, value, k) => all + value * v[k], 0) / (length * other);
    sum -= cosine;
    for (let k = 0; k < width; k++) {
      const slope = (cosine * u[k] / length - v[k] / other) / length;
      gradient.data[m * width + k] = slope / rows;
    }
  }
  return { loss: sum / rows, gradient };
}

/** Hinge loss, `max(1 - t·y, 0)` to a power, where a target of 0 stands for -1. */
export function hinge(y: NumberArray, t: NumberArray, power: 1 | 2): LossResult {
  return elementwise(y, (value, k) => {
    const target = t.data[k] === 0 ? -1 : t.data[k], short = Math.max(1 - target * value, 0);
    return power === 1 ? [short, short > 0 ? -target : 0] : [short ** 2, -2 * target * short];
  });
}

/** Wasserstein loss, `-t·y`. */
export function wasserstein(y: NumberArray, t: NumberArray): LossResult {
  return elementwise(y, (value, k) => [-t.data[k] * value, -t.data[k]]);
}

/** One minus the soft Dice coefficient of each picture and class (Milletari et al., arXiv:1606.04797). */
export function dice(
  y: NumberArray,
  t: NumberArray,
  { smooth = 1, sparse = false }: { smooth?: number; sparse?: boolean } = {},
): LossResult {
  const classes = y.shape[y.shape.length - 1], pictures = y.shape[0];
  const pixels = y.data.length / classes / pictures, gradient = array64(y.shape);
  let sum = 0;
  for (let picture = 0; picture < pictures; picture++) {
    for (let c = 0; c < classes; c++) {
      const places = Array.from({ length: pixels }, (_, i) => picture * pixels + i);
      const mask = places.map((i) => sparse ? +(t.data[i] === c) : t.data[i * classes + c]);
      const given = places.map((i) => y.data[i * classes + c]);
      const above = 2 * given.reduce((all, v, i) => all + v * mask[i], 0) + smooth;
      const below = given.reduce((all, v, i) => all + v + mask[i], 0) + smooth;
      sum += 1 - above / below;
      places.forEach((i, k) => {
        const slope = -(2 * mask[k] * below - above) / below ** 2;
        gradient.data[i * classes + c] = slope / (pictures * classes);
      });
    }
  }
  return { loss: sum / (pictures * classes), gradient };
}

/** Total variation of y: every pair of pixels one above the other or side by side, summed, by picture. */
export function totalVariation(y: NumberArray): LossResult {
  const [pictures, height, width, channels] = y.shape, gradient = array64(y.shape);
  let sum = 0;
  const pair = (a: number, b: number) => {
    const difference = y.data[b] - y.data[a];
    sum += Math.abs(difference);
    gradient.data[b] += Math.sign(difference) / pictures;
    gradient.data[a] -= Math.sign(difference) / pictures;
  };
  for (let n = 0; n < pictures; n++) {
    for (let i = 0; i < height; i++) {
      for (let j = 0; j < width; j++) {
        for (let c = 0; c < channels; c++) {
          const here = at4(y.shape, n, i, j, c);
          if (i + 1 < height) pair(here, at4(y.shape, n, i + 1, j, c));
          if (j + 1 < width) pair(here, at4(y.shape, n, i, j + 1, c));
        }
      }
    }
  }
  return { loss: sum / pictures, gradient };
}

/** Any of the losses by its name; `gradients` has two arrays for `kl_standard_normal`, else one. */
export function evaluateLoss(
  name: string,
  prediction: NumberArray,
  target: NumberArray,
  options:
    & CrossentropyOptions
    & FocalOptions
    & SsimOptions
    & { readonly delta?: number; readonly smooth?: number; readonly sparse?: boolean } = {},
): { loss: number; gradients: Array64[] } {
  const one = ({ loss, gradient }: LossResult) => ({ loss, gradients: [gradient] });
  switch (name) {
    case "binary_crossentropy":
      return one(binaryCrossentropy(prediction, target, options));
    case "categorical_crossentropy":
      return one(categoricalCrossentropy(prediction, target, options));
    case "sparse_categorical_crossentropy":
      return one(sparseCategoricalCrossentropy(prediction, target, options));
    case "mse":
      return one(mse(prediction, target));
    case "mae":
      return one(mae(prediction, target));
    case "huber":
      return one(huber(prediction, target, options.delta));
    case "focal":
      return one(focal(prediction, target, options));
    case "categorical_focal":
      return one(categoricalFocal(prediction, target, options));
    case "kl_divergence":
      return one(klDivergence(prediction, target));
    case "cosine_similarity":
      return one(cosineSimilarity(prediction, target));
    case "hinge":
      return one(hinge(prediction, target, 1));
    case "squared_hinge":
      return one(hinge(prediction, target, 2));
    case "wasserstein":
      return one(wasserstein(prediction, target));
    case "dice":
      return one(dice(prediction, target, options));
    case "ssim":
      return one(ssimLoss(prediction, target, options));
    case "total_variation":
      return one(totalVariation(prediction));
    case "kl_standard_normal": {
      const { loss, dmu, dlogvar } = klStandardNormal(prediction, target);
      return { loss, gradients: [dmu, dlogvar] };
    }
    default:
      throw new Error(`no loss "${name}"`);
  }
}
