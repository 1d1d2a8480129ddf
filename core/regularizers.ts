/**
 * Penalties on weights and activities, as data. A penalty is part of the loss that a run reports, and
 * its gradient is exact; |x| has the gradient 0 at 0.
 *
 * @module
 */
import { DeconvError } from "./errors.ts";

/** A penalty l1·Σ|x| + l2·Σx². */
export interface RegularizerConfig {
  /** The weight of the sum of magnitudes. */
  readonly l1: number;
  /** The weight of the sum of squares. */
  readonly l2: number;
}

/** What `kernelRegularizer` and its kin take; `"l1"` and `"l2"` mean a weight of 0.01. */
export type Regularizer = "l1" | "l2" | { readonly l1?: number; readonly l2?: number };

/**
 * The penalty weight·Σ|x|, which drives weights to 0.
 *
 * @param weight Default 0.01.
 * @throws {DeconvError} When it is below 0.
 *
 * @example
 * ```ts
 * import { dense, l1 } from "@deconv/deconv";
 * const layer = dense({ units: 4, kernelRegularizer: l1(1e-4) });
 * ```
 */
export function l1(weight = 0.01): RegularizerConfig {
  return regularizerConfig({ l1: weight })!;
}

/**
 * The penalty weight·Σx², which keeps weights small.
 *
 * @param weight Default 0.01.
 * @throws {DeconvError} When it is below 0.
 *
 * @example
 * ```ts
 * import { conv2d, l2 } from "@deconv/deconv";
 * const layer = conv2d({ filters: 8, kernelSize: 3, kernelRegularizer: l2(1e-4) });
 * ```
 */
export function l2(weight = 0.01): RegularizerConfig {
  return regularizerConfig({ l2: weight })!;
}

/**
 * Both penalties: l1·Σ|x| + l2·Σx² (the elastic net of Zou & Hastie 2005).
 *
 * @param weights Each 0 by default.
 * @throws {DeconvError} When one is below 0.
 */
export function l1l2(weights: { l1?: number; l2?: number } = {}): RegularizerConfig {
  return regularizerConfig(weights)!;
}

/**
 * Fills in a regularizer; null where there is none.
 *
 * @throws {DeconvError} When it is unknown or a weight is not a number of at least 0.
 */
export function regularizerConfig(given: Regularizer | null | undefined): RegularizerConfig | null {
  if (given === undefined || given === null) return null;
  if (given === "l1" || given === "l2") return { l1: 0, l2: 0, [given]: 0.01 };
  if (typeof given !== "object") {
    throw new DeconvError(`there is no regularizer "${given}"; use l1(), l2() or l1l2()`);
  }
  for (const [name, value] of Object.entries(given)) {
    if (name !== "l1" && name !== "l2") {
      throw new DeconvError(`a regularizer has no option "${name}"; it has l1, l2`);
    }
    if (value !== undefined && !(Number.isFinite(value) && value >= 0)) {
      throw new DeconvError(
        `${name} of a regularizer must be a number of at least 0; it is ${value}`,
      );
    }
  }
  return { l1: given.l1 ?? 0, l2: given.l2 ?? 0 };
}
