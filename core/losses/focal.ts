import { DeconvError } from "../errors.ts";
import { reserveSums } from "../wasm/elementwise.ts";
import { runtime } from "../wasm/runtime.ts";
import { expectShare, type LossCall, type LossConfig, type LossKind, numberOf } from "./loss.ts";

/** How outputs are to be understood, by the number of assembly/loss_focal.ts. */
const FORMS = { probabilities: 0, logits: 1, fused: 2, classes: 3 } as const;

function mean(
  form: keyof typeof FORMS,
  config: LossConfig,
  { output, target, gradient, weight }: LossCall,
  count: number,
): number {
  reserveSums(output.length);
  const parameters = [numberOf(config, "gamma"), numberOf(config, "alpha"), weight / count];
  const places = [output.address, target.address, gradient?.address ?? 0];
  const how = [FORMS[form], output.length, ...parameters];
  return runtime().call("loss_focal", ...how, ...places) / count;
}

function check(config: LossConfig): void {
  expectShare(config, "alpha");
  const gamma = numberOf(config, "gamma");
  if (gamma >= 0 && gamma < Infinity) return;
  throw new DeconvError(`gamma must be a number from 0 on; it is ${gamma}`);
}

/** −α·t·(1−y)^γ·ln y − (1−α)(1−t)·y^γ·ln(1−y). */
export const focal: LossKind = {
  kind: "focal",
  defaults: { gamma: 2, alpha: 0.25, fromLogits: false },
  check,
  numbers: "probabilities",
  fuses: ({ fromLogits }) => fromLogits ? undefined : "sigmoid",
  compute: (config, call) => {
    const form = call.fused ? "fused" : config.fromLogits ? "logits" : "probabilities";
    return mean(form, config, call, call.output.length);
  },
};

/** −α·Σ t·(1−y)^γ·ln y. */
export const categoricalFocal: LossKind = {
  kind: "categorical_focal",
  defaults: { gamma: 2, alpha: 0.25 },
  check,
  classes: true,
  compute: (config, call) =>
    mean("classes", config, call, call.output.length / call.shape[call.shape.length - 1]),
};
