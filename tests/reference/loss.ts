/**
 * Loss functions: their value and the gradient with respect to what the network gave.
 *
 * Elementwise losses are the mean over every element; cross-entropies over classes are summed over
 * the last axis and averaged over all others; the KL divergence is summed over the latent axis and
 * averaged over the batch.
 */

import { type Array64, array64, type NumberArray } from "./array.ts";

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

/** Any of the losses by its name; `gradients` has two arrays for `kl_standard_normal`, else one. */
export function evaluateLoss(
  name: string,
  prediction: NumberArray,
  target: NumberArray,
  options: CrossentropyOptions & { readonly delta?: number } = {},
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
    case "kl_standard_normal": {
      const { loss, dmu, dlogvar } = klStandardNormal(prediction, target);
      return { loss, gradients: [dmu, dlogvar] };
    }
    default:
      throw new Error(`no loss "${name}"`);
  }
}
