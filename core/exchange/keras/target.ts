/** What a program that reads Keras' layers lacks, or does in another way: what cannot be written for it. */
import type { ActivationConfig } from "../../layers/activation.ts";
import { COMMON_ACTIVATIONS, type Dialect } from "./values.ts";

/** A layer as its kind and options. */
interface Described {
  readonly kind: string;
  readonly config: Readonly<Record<string, unknown>>;
}

/** A program that networks are written for. */
export interface KerasTarget {
  /** Its name, for messages. */
  readonly program: string;
  /** How it writes the values of options. */
  readonly dialect: Dialect;
  /** Classes of the table that it has not. */
  readonly lacks: readonly string[];
  /** Activations that it knows by name, without options. */
  readonly activations: readonly string[];
  /** Whether it passes over an option's value, or takes it for something else. */
  refuses(field: string, value: unknown, layer: Described): boolean;
}

const allOne = (value: unknown) => [value].flat().every((rate) => rate === 1);

/** Strides and dilations at once: no Keras has both. */
const stridesApart = (field: string, value: unknown, { config: { strides } }: Described) =>
  field === "dilationRate" && !allOne(value) && !allOne(strides);

/** TensorFlow.js 4. Of activations it lists `gelu_new`, and does not find it. */
export const TFJS: KerasTarget = {
  program: "TensorFlow.js",
  dialect: "tfjs",
  lacks: [
    "Conv1DTranspose",
    "DepthwiseConv1D",
    "GroupNormalization",
    "Resizing",
    "SeparableConv1D",
    "SpatialDropout2D",
    "UpSampling1D",
  ],
  activations: [...COMMON_ACTIVATIONS, "softmax"],
  refuses(field, value, layer) {
    switch (field) {
      case "groups":
        return value !== 1;
      case "interpolation":
        // It enlarges from the corners of pixels.
        return value !== "nearest" && layer.config.coordinates !== "asymmetric";
      case "keepDims":
        return value === true;
      case "padding":
        return value === "causal";
      case "outputPadding":
        return value !== undefined && value !== null;
      case "dilationRate":
        return layer.kind === "conv2d_transpose" && !allOne(value) ||
          stridesApart(field, value, layer);
    }
    return false;
  },
};

/** Keras 3. */
export const KERAS3: KerasTarget = {
  program: "Keras",
  dialect: "keras3",
  lacks: [],
  activations: [...COMMON_ACTIVATIONS, "softmax", "log_softmax", "hard_sigmoid"],
  refuses: stridesApart,
};

/** Whether a program knows an activation by its name alone. */
export function isNamed(target: KerasTarget, { kind, alpha }: ActivationConfig): boolean {
  return target.activations.includes(kind) && (kind !== "elu" || alpha === 1);
}
