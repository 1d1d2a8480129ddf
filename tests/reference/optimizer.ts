/**
 * Optimizers, one weight at a time, with PyTorch's formulas (torch.optim, version 1.13).
 *
 * g is the gradient after clipping and, except for adamw, after `g += weightDecay · w`; t counts
 * steps from 1; every state starts at 0:
 *
 * ```text
 * sgd       w -= lr·g
 * momentum  v = µ·v + g;  w -= lr·v;  Nesterov: w -= lr·(g + µ·v)
 * adam      m = β₁·m + (1-β₁)·g;  v = β₂·v + (1-β₂)·g²
 *           w -= lr · m/(1-β₁ᵗ) / (√v/√(1-β₂ᵗ) + ε)         arXiv:1412.6980
 * amsgrad   as adam, with the largest v so far under the root          arXiv:1904.09237
 * adamw     w -= lr·weightDecay·w, then adam                           arXiv:1711.05101
 * rmsprop   v = ρ·v + (1-ρ)·g²;  w -= lr·g/(√v + ε)                    Hinton's lecture 6e
 * adagrad   v += g²;  w -= lr·g/(√v + ε)                               Duchi et al., JMLR 12, 2011
 * ```
 */

/** The optimizers by name; amsgrad is `adam` or `adamw` with `amsgrad: true`. */
export type OptimizerName = "sgd" | "adam" | "adamw" | "rmsprop" | "adagrad";

/** Settings; those an optimizer has no use for are ignored. Defaults in brackets. */
export interface OptimizerOptions {
  readonly learningRate: number;
  /** µ of sgd [0]. */
  readonly momentum?: number;
  readonly nesterov?: boolean;
  /** [0]. Decoupled from the gradient in adamw, added to it everywhere else. */
  readonly weightDecay?: number;
  /** β₁ of adam [0.9]. */
  readonly beta1?: number;
  /** β₂ of adam [0.999]. */
  readonly beta2?: number;
  /** ε [1e-7, as Keras]. */
  readonly epsilon?: number;
  readonly amsgrad?: boolean;
  /** ρ of rmsprop [0.9]. */
  readonly rho?: number;
  /** What adagrad's sum of squares starts from [0]. */
  readonly initialAccumulator?: number;
  /** The norm of all gradients together is scaled down to at most this. */
  readonly globalClipNorm?: number;
  /** Each element of a gradient is cut to ± this. */
  readonly clipValue?: number;
}

/** Takes one step: changes `weights` in place; `learningRate` overrides the option (a schedule). */
export type OptimizerStep = (
  weights: readonly Float64Array[],
  gradients: readonly ArrayLike<number>[],
  learningRate?: number,
) => void;

/**
 * Scales all gradients by `maximum / norm` when their common norm is larger than `maximum`
 * (Pascanu et al., arXiv:1211.5063; `tf.clip_by_global_norm`). Returns the norm before.
 */
export function clipGlobalNorm(gradients: readonly Float64Array[], maximum: number): number {
  let squares = 0;
  for (const gradient of gradients) for (const g of gradient) squares += g * g;
  const norm = Math.sqrt(squares);
  if (norm > maximum) {
    for (const gradient of gradients) {
      for (let k = 0; k < gradient.length; k++) gradient[k] *= maximum / norm;
    }
  }
  return norm;
}

/** Cuts every element to `[-maximum, maximum]`. */
export function clipValues(gradients: readonly Float64Array[], maximum: number): void {
  for (const gradient of gradients) {
    for (let k = 0; k < gradient.length; k++) {
      gradient[k] = Math.min(Math.max(gradient[k], -maximum), maximum);
    }
  }
}

/** An optimizer with its own state, starting before its first step. */
export function optimizer(name: OptimizerName, options: OptimizerOptions): OptimizerStep {
  const { momentum = 0, nesterov = false, weightDecay = 0, beta1 = 0.9, beta2 = 0.999 } = options;
  const { epsilon = 1e-7, amsgrad = false, rho = 0.9, initialAccumulator = 0 } = options;
  const { globalClipNorm, clipValue } = options;
  const first: Float64Array[] = []; // m, or sgd's velocity
  const second: Float64Array[] = []; // v
  const largest: Float64Array[] = []; // amsgrad's largest v
  let t = 0;

  return (weights, originalGradients, learningRate = options.learningRate) => {
    const gradients = originalGradients.map((gradient) => Float64Array.from(gradient));
    if (clipValue !== undefined) clipValues(gradients, clipValue);
    if (globalClipNorm !== undefined) clipGlobalNorm(gradients, globalClipNorm);
    t += 1;

    weights.forEach((w, p) => {
      const m = first[p] ??= new Float64Array(w.length);
      const v = second[p] ??= new Float64Array(w.length).fill(
        name === "adagrad" ? initialAccumulator : 0,
      );
      const vMax = largest[p] ??= new Float64Array(w.length);

      for (let k = 0; k < w.length; k++) {
        let g = gradients[p][k];
        if (name === "adamw") w[k] -= learningRate * weightDecay * w[k];
        else g += weightDecay * w[k];

        if (name === "sgd") {
          m[k] = momentum * m[k] + g;
          w[k] -= learningRate * (nesterov ? g + momentum * m[k] : m[k]);
        } else if (name === "rmsprop") {
          v[k] = rho * v[k] + (1 - rho) * g * g;
          w[k] -= learningRate * g / (Math.sqrt(v[k]) + epsilon);
        } else if (name === "adagrad") {
          v[k] += g * g;
          w[k] -= learningRate * g / (Math.sqrt(v[k]) + epsilon);
        } else {
          m[k] = beta1 * m[k] + (1 - beta1) * g;
          v[k] = beta2 * v[k] + (1 - beta2) * g * g;
          vMax[k] = Math.max(vMax[k], v[k]);
          const root = Math.sqrt(amsgrad ? vMax[k] : v[k]) / Math.sqrt(1 - beta2 ** t);
          w[k] -= learningRate * (m[k] / (1 - beta1 ** t)) / (root + epsilon);
        }
      }
    });
  };
}
