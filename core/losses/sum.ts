import type { Block } from "../block.ts";
import { DeconvError } from "../errors.ts";
import { activationGradient, softmaxGradient } from "../wasm/activation.ts";
import { add } from "../wasm/elementwise.ts";
import { runtime } from "../wasm/runtime.ts";
import type { LossCall, LossConfig, LossKind, TargetKind } from "./loss.ts";
import { kindOf } from "./registry.ts";

/** A part of a sum and what it counts. */
export type WeightedPart = readonly [weight: number, part: LossConfig];

/** The parts of a loss; a loss that is no sum is its only part. */
export function partsOf(config: LossConfig): readonly WeightedPart[] {
  return config.kind === "sum" ? config.sum as WeightedPart[] : [[1, config]];
}

/** The activation that parts of a sum fuse with; none where they disagree. */
function activationOf(config: LossConfig) {
  const found = partsOf(config).flatMap(([, part]) => kindOf(part).fuses?.(part) ?? []);
  return found.every((activation) => activation === found[0]) ? found[0] : undefined;
}

/** Where the gradient of a further part is made; lives as long as the block it is added to. */
const spares = new WeakMap<Block, Block>();

function spareOf(block: Block): Block {
  let spare = spares.get(block);
  if (!spare) spares.set(block, spare = runtime().allocate(block.length));
  return spare;
}

/** A part of a sum whose gradient is wanted before an activation. */
function computeFused(part: LossConfig, sum: LossConfig, call: LossCall): number {
  const kind = kindOf(part), activation = activationOf(sum);
  const fused = kind.fuses?.(part) === activation;
  const value = kind.compute(part, { ...call, fused });
  const { gradient, output, shape } = call;
  if (fused || !gradient) return value;
  if (activation === "softmax") {
    softmaxGradient(shape[shape.length - 1], false, output, gradient, gradient);
  } else activationGradient("sigmoid", 0, "gradient", output, gradient, gradient);
  return value;
}

/** Σ weight · loss over parts of the same output. */
export const sum: LossKind = {
  kind: "sum",
  defaults: {},
  targets: (config) => {
    const kinds = new Set<TargetKind>(
      partsOf(config).map(([, part]) => kindOf(part).targets?.(part) ?? "values"),
    );
    if (kinds.has("values") && kinds.has("labels")) {
      const names = partsOf(config).map(([, { kind }]) => kind).join(", ");
      throw new DeconvError(
        `Losses of one sum need the same targets; of ${names} some take class numbers and others values`,
      );
    }
    return kinds.has("labels") ? "labels" : kinds.has("values") ? "values" : "unread";
  },
  fit: (config, shape) => {
    for (const [, part] of partsOf(config)) kindOf(part).fit?.(part, shape);
  },
  fuses: activationOf,
  compute: (config, call) =>
    partsOf(config).reduce((total, [share, part], i) => {
      const gradient = i && call.gradient ? spareOf(call.gradient) : call.gradient;
      const one = { ...call, gradient, weight: call.weight * share };
      const value = call.fused ? computeFused(part, config, one) : kindOf(part).compute(part, one);
      if (i && call.gradient) add(gradient!, call.gradient);
      if (call.parts) call.parts[i] = value;
      return total + share * value;
    }, 0),
};
