import { DeconvError } from "../errors.ts";
import { reserveSums } from "../wasm/elementwise.ts";
import { runtime } from "../wasm/runtime.ts";
import {
  expectAbove,
  expectShare,
  type LossCall,
  type LossConfig,
  type LossKind,
  numberOf,
} from "./loss.ts";

/**
 * Σ of an elementwise loss, by its number in assembly/loss.ts with its two parameters; the gradient
 * gets weight / count.
 */
export function sumElements(
  number: number,
  [first, second]: readonly [number, number],
  { output, target, gradient, weight }: LossCall,
  count: number,
): number {
  const n = output.length, places = [output.address, target.address, gradient?.address ?? 0];
  reserveSums(n);
  const how = [number, n, first, second, weight / count];
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
      const first = parameter ? numberOf(config, parameter) : 0;
      return sumElements(number, [first, 0], call, n) / n;
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
    return sumElements(3 + form, [numberOf(config, "labelSmoothing"), 0], call, n) / n;
  },
};

/** max(1 − t·y, 0). */
export const hinge: LossKind = elementwise("hinge", 6, { numbers: "signs" });

/** max(1 − t·y, 0)². */
export const squaredHinge: LossKind = elementwise("squared_hinge", 7, { numbers: "signs" });

/** −t·y. */
export const wasserstein: LossKind = elementwise("wasserstein", 8, { numbers: "signs" });

/** Fails unless gamma and alpha of a focal loss are in range. */
export function checkFocal(config: LossConfig): void {
  expectShare(config, "alpha");
  const gamma = numberOf(config, "gamma");
  if (gamma >= 0 && gamma < Infinity) return;
  throw new DeconvError(`gamma must be a number from 0 on; it is ${gamma}`);
}

/** −α·t·(1−y)^γ·ln y − (1−α)(1−t)·y^γ·ln(1−y). */
export const focal: LossKind = {
  kind: "focal",
  defaults: { gamma: 2, alpha: 0.25, fromLogits: false },
  check: checkFocal,
  numbers: "probabilities",
  fuses: ({ fromLogits }) => fromLogits ? undefined : "sigmoid",
  compute: (config, call) => {
    const n = call.output.length, form = call.fused ? 2 : config.fromLogits ? 1 : 0;
    const parameters = [numberOf(config, "gamma"), numberOf(config, "alpha")] as const;
    return sumElements(9 + form, parameters, call, n) / n;
  },
};
