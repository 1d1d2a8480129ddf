/**
 * The layers that Keras and TensorFlow.js share with deconv: one table, read both ways. Options have the
 * same names there, in snake case.
 */
import { DeconvError } from "../../errors.ts";
import { type Pair, pair } from "../../geometry.ts";
import type { Config } from "../../layer.ts";
import type { Shape } from "../../tensor.ts";
import { ACTIVATION, type Dialect } from "./values.ts";

/** A class of Keras and what it is here. */
export interface KerasLayer {
  /** The kind of layer it is. */
  readonly kind: string;
  /** Options that both have, as they are named here. */
  readonly fields: readonly string[];
  /** Options of Keras that have no counterpart, and the values that change nothing. */
  readonly only?: Readonly<Record<string, readonly unknown[]>>;
  /** Reads the options where `fields` do not do. */
  readonly options?: (config: Config, inputs: readonly Shape[], dialect: Dialect) => Config;
  /** Parameters whose names differ: theirs by ours. */
  readonly parameters?: Readonly<Record<string, string>>;
  /** Writes the options where those here do not do: what is to stand in their place. */
  readonly writes?: (layer: WrittenOptions) => Readonly<Record<string, unknown>>;
}

/** What writing the options of a layer may need. */
interface WrittenOptions {
  readonly config: Readonly<Record<string, unknown>>;
  readonly output: Shape;
}

const rules = (name: string) =>
  ["Initializer", "Regularizer", "Constraint"].map((rule) => `${name}${rule}`);
const BIAS = ["useBias", ...rules("bias")];
const WINDOW = ["kernelSize", "strides", "padding", "dilationRate"];
const CONV = ["filters", ...WINDOW, "activation", ...rules("kernel"), ...BIAS];
const DEPTHWISE = [...WINDOW, "depthMultiplier", "activation", ...rules("depthwise"), ...BIAS];
const SEPARABLE = ["filters", ...DEPTHWISE, ...rules("pointwise")];
const AFFINE = ["epsilon", "center", "scale", ...rules("gamma"), ...rules("beta")];
const POOL = ["poolSize", "strides", "padding"];
const DEPTHWISE_KERNEL = { kernel: "depthwise_kernel" };

const conv = (kind: string, ...more: string[]): KerasLayer => ({
  kind,
  fields: [...CONV, ...more],
});
const pool = (kind: string): KerasLayer => ({ kind, fields: POOL });
const global = (kind: string): KerasLayer => ({ kind, fields: ["keepDims"] });
const plain = (kind: string, ...fields: string[]): KerasLayer => ({ kind, fields });

/** A layer at the sides of pictures, written `[[top, bottom], [left, right]]`. */
const bordered = (kind: string, field: string): KerasLayer => ({
  ...plain(kind, field),
  writes({ config }) {
    const [top, left, bottom, right] = config[field] as number[];
    return { [field]: [[top, bottom], [left, right]] };
  },
});

/** A layer that is an activation with an option. */
function active(
  kind: string,
  keys: readonly string[],
  only: Readonly<Record<string, readonly unknown[]>> = {},
): KerasLayer {
  return {
    kind: "activation",
    fields: [],
    only: { ...Object.fromEntries(keys.map((key) => [key, []])), ...only },
    options: (config) => {
      const alpha = keys.map((key) => config[key]).find((value) => typeof value === "number");
      return { kind, ...alpha !== undefined && { alpha } };
    },
  };
}

/** An axis that must be the last, from the front or from the end. */
function lastAxis({ axis }: Config, [shape]: readonly Shape[]): Config {
  const given = Array.isArray(axis) && axis.length === 1 ? axis[0] : axis ?? -1;
  if (given === -1 || given === shape.length) return {};
  throw new DeconvError(
    `its axis is ${JSON.stringify(axis)}, not the last: channels are last here`,
  );
}

/** The classes by name. */
export const KERAS_LAYERS: Readonly<Record<string, KerasLayer>> = {
  Activation: {
    kind: "activation",
    fields: [],
    only: { activation: [] },
    options: ({ activation }, _inputs, dialect) => ({
      kind: ACTIVATION.read(activation, dialect) as string,
    }),
  },
  Add: plain("add"),
  AveragePooling1D: pool("average_pool1d"),
  AveragePooling2D: pool("average_pool2d"),
  BatchNormalization: {
    kind: "batch_normalization",
    fields: [...AFFINE, "momentum", "movingMeanInitializer", "movingVarianceInitializer"],
    only: { axis: [], renorm_momentum: [] }, // which says nothing where renorm is false
    options: lastAxis,
  },
  Concatenate: plain("concatenate", "axis"),
  Conv1D: conv("conv1d", "groups"),
  Conv1DTranspose: conv("conv1d_transpose", "outputPadding"),
  Conv2D: conv("conv2d", "groups"),
  Conv2DTranspose: conv("conv2d_transpose", "outputPadding"),
  Cropping2D: bordered("cropping2d", "cropping"),
  Dense: plain("dense", "units", "activation", ...rules("kernel"), ...BIAS),
  DepthwiseConv1D: { kind: "depthwise_conv1d", fields: DEPTHWISE, parameters: DEPTHWISE_KERNEL },
  DepthwiseConv2D: { kind: "depthwise_conv2d", fields: DEPTHWISE, parameters: DEPTHWISE_KERNEL },
  Dropout: { kind: "dropout", fields: ["rate"] },
  ELU: active("elu", ["alpha"]),
  Embedding: plain("embedding", "inputDim", "outputDim", ...rules("embeddings")),
  Flatten: plain("flatten"),
  GaussianNoise: plain("gaussian_noise", "stddev"),
  GlobalAveragePooling1D: global("global_average_pool1d"),
  GlobalAveragePooling2D: global("global_average_pool2d"),
  GlobalMaxPooling1D: global("global_max_pool1d"),
  GlobalMaxPooling2D: global("global_max_pool2d"),
  GroupNormalization: {
    kind: "group_normalization",
    fields: ["groups", ...AFFINE],
    only: { axis: [] },
    options: lastAxis,
  },
  LayerNormalization: plain("layer_normalization", "axis", ...AFFINE),
  LeakyReLU: {
    ...active("leaky_relu", ["negative_slope", "alpha"]),
    options: ({ alpha, negative_slope }) => ({
      kind: "leaky_relu",
      alpha: Number(negative_slope ?? alpha ?? 0.3),
    }),
  },
  MaxPooling1D: pool("max_pool1d"),
  MaxPooling2D: pool("max_pool2d"),
  Multiply: plain("multiply"),
  Permute: plain("permute", "dims"),
  PReLU: plain("prelu", "sharedAxes", ...rules("alpha")),
  ReLU: {
    ...active("relu", [], { max_value: [6], threshold: [0], negative_slope: [0] }),
    options: ({ max_value }) => ({ kind: max_value === 6 ? "relu6" : "relu" }),
  },
  Reshape: {
    ...plain("reshape", "targetShape"),
    // TensorFlow.js asks for every size.
    writes: ({ output }) => ({ targetShape: output }),
  },
  Resizing: {
    kind: "resizing",
    fields: ["height", "width", "interpolation"],
    only: { fill_mode: ["constant"], fill_value: [0] },
    writes: ({ config: { coordinates } }) => ({
      coordinates: coordinates === "half_pixel" ? undefined : coordinates, // it knows no others
    }),
  },
  SeparableConv1D: { kind: "separable_conv1d", fields: SEPARABLE },
  SeparableConv2D: { kind: "separable_conv2d", fields: SEPARABLE },
  Softmax: active("softmax", [], { axis: [-1, [-1]] }),
  SpatialDropout1D: plain("spatial_dropout1d", "rate"),
  SpatialDropout2D: plain("spatial_dropout2d", "rate"),
  UpSampling1D: {
    ...plain("upsampling1d", "size"),
    writes: () => ({ interpolation: undefined }), // it is "nearest"
  },
  UpSampling2D: {
    ...plain("upsampling2d", "size", "interpolation"),
    writes: () => ({ coordinates: undefined }), // a program has those it has
  },
  ZeroPadding2D: bordered("zero_padding2d", "padding"),
};

/** Classes that are another layer here where they have certain options. */
export const VARIANTS: Readonly<
  Record<string, {
    when(config: Readonly<Record<string, unknown>>, dialect: Dialect): boolean;
    readonly layer: KerasLayer;
  }>
> = {
  GroupNormalization: {
    when: ({ groups }) => groups === -1,
    layer: {
      kind: "instance_normalization",
      fields: AFFINE,
      only: { axis: [], groups: [-1] },
      options: lastAxis,
    },
  },
  UpSampling2D: {
    // TensorFlow.js enlarges from the corners of pixels, Keras from their centres.
    when: ({ interpolation }, dialect) => dialect === "tfjs" && interpolation === "bilinear",
    layer: {
      kind: "resizing",
      fields: ["interpolation"],
      only: { size: [] },
      options({ size = 2 }, [shape]) {
        const [rows, columns] = pair(size as Pair, "size", 1), [height, width] = shape;
        return { height: rows * height, width: columns * width, coordinates: "asymmetric" };
      },
    },
  },
};
