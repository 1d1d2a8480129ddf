import type { Block } from "../block.ts";
import { type ConstraintConfig, normLayout } from "../constraints.ts";
import type { Operation, Parameter, Value } from "../operation.ts";
import type { RegularizerConfig } from "../regularizers.ts";
import type { Shape } from "../tensor.ts";
import { activationForward } from "./activation.ts";
import { reserveSums } from "./elementwise.ts";
import { runtime } from "./runtime.ts";

/** The penalty on x times `scale`; adds its gradient, times `scale`, to `gradient` where one is given. */
export function penalty(
  { l1, l2 }: RegularizerConfig,
  x: Block,
  gradient: Block | null,
  scale = 1,
): number {
  reserveSums(x.length);
  const to = gradient?.address ?? 0;
  return runtime().call("penalty", x.length, l1 * scale, l2 * scale, x.address, to);
}

/** The penalties on parameters, summed; adds their gradients where `gradients`. */
export function penalize(parameters: readonly Parameter[], gradients: boolean): number {
  let sum = 0;
  for (const { regularizer, value, gradient } of parameters) {
    if (regularizer) sum += penalty(regularizer, value, gradients ? gradient : null);
  }
  return sum;
}

/** The step that puts a penalty on what a layer has made: its mean over the batch. */
export function activityPenalty(
  regularizer: RegularizerConfig,
  { shape, data, gradient }: Value,
): Operation {
  const share = 1 / shape[0];
  let sum = 0; // taken at once: without a backward pass the values may be gone afterwards
  return {
    forward: () => void (sum = penalty(regularizer, data, null, share)),
    backward: () => void (gradient && penalty(regularizer, data, gradient, share)),
    loss: () => sum,
  };
}

/** y += share · (x − y). */
export function blend(x: Block, share: number, y: Block): void {
  runtime().call("blend", y.length, share, x.address, y.address);
}

/** Makes weights what a constraint wants them to be. */
export function constrain(constraint: ConstraintConfig, shape: Shape, w: Block): void {
  if (constraint.kind === "non_neg") {
    activationForward("relu", 0, w, w);
    return;
  }
  const { minValue, maxValue, rate, axis } = constraint;
  const { outer, rows, columns, inner } = normLayout(shape, axis);
  const sizes = [outer, rows, columns, inner];
  runtime().call("limit_norms", ...sizes, minValue, maxValue, rate, w.address);
}
