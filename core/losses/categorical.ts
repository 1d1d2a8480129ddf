import { runtime } from "../wasm/runtime.ts";
import { sumElements } from "./elementwise.ts";
import { expectShare, type LossCall, type LossKind, numberOf } from "./loss.ts";

/** How a row's outputs are to be understood: probabilities, logits, or probabilities whose gradient is wanted before the softmax that made them. */
const FORMS = { probabilities: 0, logits: 1, fused: 2 } as const;

/** Σ over rows of the categorical cross-entropy; the gradient gets weight / rows. */
function sumRows(
  form: keyof typeof FORMS,
  sparse: boolean,
  smoothing: number,
  { shape, output, target, gradient, weight }: LossCall,
): { sum: number; rows: number } {
  const width = shape[shape.length - 1], rows = output.length / width;
  runtime().reserve(0, 8 * Math.ceil(rows / 64) + 8);
  const number = 2 * FORMS[form] + (sparse ? 1 : 0);
  const places = [output.address, target.address, gradient?.address ?? 0];
  const how = [number, rows, width, smoothing, weight / rows];
  return { sum: runtime().call("loss_categorical", ...how, ...places), rows };
}

function crossentropy(kind: string, sparse: boolean): LossKind {
  return {
    kind,
    defaults: { fromLogits: false, labelSmoothing: 0 },
    check: (config) => expectShare(config, "labelSmoothing"),
    targets: () => sparse ? "labels" : "values",
    classes: true,
    fuses: ({ fromLogits }) => fromLogits ? undefined : "softmax",
    compute: (config, call) => {
      const form = call.fused ? "fused" : config.fromLogits ? "logits" : "probabilities";
      const { sum, rows } = sumRows(form, sparse, numberOf(config, "labelSmoothing"), call);
      return sum / rows;
    },
  };
}

/** −Σ t·ln y. */
export const categoricalCrossentropy: LossKind = crossentropy("categorical_crossentropy", false);

/** −ln y of the right class. */
export const sparseCategoricalCrossentropy: LossKind = crossentropy(
  "sparse_categorical_crossentropy",
  true,
);

/** Rows of an output, which row losses are means over. */
function rowsOf({ shape, output }: LossCall): number {
  return output.length / shape[shape.length - 1];
}

/** Σ t·(ln t − ln y). */
export const klDivergence: LossKind = {
  kind: "kl_divergence",
  defaults: {},
  classes: true,
  fuses: () => "softmax",
  compute: (_, call) => {
    // Before the softmax it has the gradient of the cross-entropy, from which it differs by what t alone decides.
    if (call.fused && call.gradient) sumRows("fused", false, 0, call);
    const values = call.fused ? { ...call, gradient: null } : call;
    return sumElements(9, 0, values, rowsOf(call)) / rowsOf(call);
  },
};

/** −Σ t·y / (|t|·|y|). */
export const cosineSimilarity: LossKind = {
  kind: "cosine_similarity",
  defaults: {},
  compute: (_, call) => {
    const { output, target, gradient, weight } = call, rows = rowsOf(call);
    runtime().reserve(0, 8 * Math.ceil(rows / 64) + 8);
    const places = [output.address, target.address, gradient?.address ?? 0];
    const how = [rows, output.length / rows, weight / rows];
    return runtime().call("loss_cosine", ...how, ...places) / rows;
  },
};
