import { reserveSums } from "../wasm/elementwise.ts";
import { runtime } from "../wasm/runtime.ts";
import { expectAbove, expectShare, type LossCall, type LossKind, numberOf } from "./loss.ts";

/** Σ of an elementwise loss, by its number in assembly/loss.ts; the gradient gets weight / count. */
export function sumElements(
  number: number,
  parameter: number,
  { output, target, gradient, weight }: LossCall,
  count: number,
): number {
  const n = output.length, places = [output.address, target.address, gradient?.address ?? 0];
  reserveSums(n);
  const how = [number, n, parameter, weight / count];
  return runtime().call("loss_elementwise", ...how, ...places);
}

/** A loss that is the mean of one number for each element. */
function elementwise(
  kind: string,
  number: number,
  more: Partial<LossKind> & { parameter?: string } = {},
): LossKind {
  const { parameter, ...rest } = more;
  return {
    kind,
    defaults: {},
    compute: (config, call) => {
      const n = call.output.length;
      return sumElements(number, parameter ? numberOf(config, parameter) : 0, call, n) / n;
    },
    ...rest,
  };
}

/** (y−t)². */
export const mse: LossKind = elementwise("mse", 0);

/** |y−t|. */
export const mae: LossKind = elementwise("mae", 1);

/** ½d² up to delta, delta(|d| − ½delta) beyond. */
export const huber: LossKind = elementwise("huber", 2, {
  parameter: "delta",
  defaults: { delta: 1 },
  check: (config) => expectAbove(config, "delta", 0),
});

/** −t·ln y − (1−t)·ln(1−y). */
export const binaryCrossentropy: LossKind = {
  kind: "binary_crossentropy",
  defaults: { fromLogits: false, labelSmoothing: 0 },
  check: (config) => expectShare(config, "labelSmoothing"),
  numbers: "probabilities",
  fuses: ({ fromLogits }) => fromLogits ? undefined : "sigmoid",
  compute: (config, call) => {
    const n = call.output.length, form = call.fused ? 2 : config.fromLogits ? 1 : 0;
    return sumElements(3 + form, numberOf(config, "labelSmoothing"), call, n) / n;
  },
};

/** max(1 − t·y, 0). */
export const hinge: LossKind = elementwise("hinge", 6, { numbers: "signs" });

/** max(1 − t·y, 0)². */
export const squaredHinge: LossKind = elementwise("squared_hinge", 7, { numbers: "signs" });

/** −t·y. */
export const wasserstein: LossKind = elementwise("wasserstein", 8, { numbers: "signs" });
