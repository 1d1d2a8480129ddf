import { positive } from "../geometry.ts";
import type { Model } from "../model.ts";
import type { Tensors } from "../network.ts";
import { baselineOf, type InputBaseline } from "./baseline.ts";
import type { ExplainOptions } from "./gradient.ts";
import { type CompleteMap, completeMap } from "./method.ts";
import { type Quadrature, quadrature } from "./quadrature.ts";
import { eachVariant, startOf } from "./start.ts";

/** Options of `integratedGradients`. */
export interface IntegratedGradientsOptions extends ExplainOptions {
  /** What nothing is. Default 0. */
  baseline?: InputBaseline;
  /** Points on the way. Default 50. */
  steps?: number;
  /** How the integral is taken. Default `"gauss-legendre"`. */
  rule?: Quadrature;
}

/**
 * Integrated gradients (Sundararajan, Taly & Yan 2017): (x − x′) · ∫₀¹ ∂target/∂x at x′ + t(x − x′) dt,
 * the mean gradient on the straight way from a baseline x′.
 *
 * The map is complete: it sums to the target's value less that at the baseline, as far as the steps
 * suffice; `gaps` says how far that is. Where the switches of an unpooling move on the way the network
 * jumps, and a jump is in no gradient: that part is missing for good (`deepLift` has it). With `of` a layer the way leads through that layer's values,
 * and the baseline is one of them (Captum's `LayerIntegratedGradients`).
 *
 * @param x The pictures, one tensor for each input; inputs other than the one that explains stay.
 * @returns A number for each number of what explains, with `gaps` and `differences`.
 * @throws {DeconvError} When a shape, the target, the baseline or a name is wrong.
 *
 * @example
 * ```ts
 * import { integratedGradients, preset, tensor } from "@deconv/deconv";
 * const net = preset("classifier").build({ seed: 0 });
 * const x = tensor(new Float32Array(32 * 32 * 3).fill(0.5), [1, 32, 32, 3]);
 * const map = integratedGradients(net, x, { baseline: 0, steps: 8 });
 * console.log(map.shape, Math.abs(map.gaps[0]) < 0.1); // [1, 32, 32, 3] true
 * ```
 */
export function integratedGradients(
  model: Model,
  x: Tensors,
  options: IntegratedGradientsOptions = {},
): CompleteMap {
  const { baseline = 0, steps = 50, rule = "gauss-legendre", batchSize } = options;
  const { nodes, weights } = quadrature(rule, positive(steps, "steps"));
  const start = startOf(model, x, options), { value, target: { count } } = start;
  const from = baselineOf(value, baseline), width = value.data.length / count;
  const sums = new Float64Array(value.data.length);
  const differences = new Array<number>(count).fill(0);
  // The last two are the ends, for the difference alone.
  const places = [...nodes, 0, 1], shares = [...weights, 0, 0];
  eachVariant(start, {
    variants: places.length,
    batchSize,
    write: ({ picture, variant }, to) => {
      const offset = picture * width, t = places[variant];
      for (let i = 0; i < width; i++) {
        const a = from.data[offset + i], b = value.data[offset + i];
        to[i] = t === 1 ? b : a + t * (b - a);
      }
    },
    read: ({ picture, variant }, result, gradient) => {
      if (variant >= steps) differences[picture] += variant === steps ? -result : result;
      const share = shares[variant], offset = picture * width;
      if (share) { for (let i = 0; i < width; i++) sums[offset + i] += share * gradient[i]; }
    },
  });
  const data = value.data.map((v, i) => (v - from.data[i]) * sums[i]);
  return completeMap({ shape: value.shape, data }, differences);
}
