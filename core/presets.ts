import { DeconvError } from "./errors.ts";
import { conv2d } from "./layers/conv2d.ts";
import { conv2dTranspose } from "./layers/conv2d_transpose.ts";
import type { LossName } from "./losses.ts";
import type { Model } from "./model.ts";
import { sequential } from "./sequential.ts";
import type { DatasetTarget } from "./source.ts";

/** Names of presets. */
export type PresetName = "deconv-autoencoder" | "article-cnn" | "article-dnn" | "article-text";

/** A network people ask for by name, and how it is trained when nothing else is said. */
export interface Preset {
  /** Its name. */
  readonly name: PresetName;
  /** What it is, in a line. */
  readonly description: string;
  /** What its pictures are turned into. */
  readonly target: DatasetTarget;
  /** The loss. */
  readonly loss: LossName;
  /** Passes over the embedded data. */
  readonly epochs: number;
  /** Pictures a step. */
  readonly batchSize: number;
  /** Adam's learning rate. */
  readonly learningRate: number;
  /** Makes the network, not yet compiled. */
  build(seed: number): Model;
}

const PICTURE = [32, 32, 3];

/**
 * The article's `cnn` and `dnn`: two functions with the same body. Three 3x3 convolutions and a
 * transposed one to three channels, stride 1 throughout. The article names no output activation;
 * binary cross-entropy needs probabilities, hence the sigmoid.
 */
function article(name: string, seed: number): Model {
  const layer = { kernelSize: 3, padding: "same", activation: "relu" } as const;
  return sequential([
    conv2d({ ...layer, name: "conv1", filters: 32, inputShape: PICTURE }),
    conv2d({ ...layer, name: "conv2", filters: 64 }),
    conv2d({ ...layer, name: "conv3", filters: 128 }),
    conv2dTranspose({ ...layer, name: "deconv", filters: 3, activation: "sigmoid" }),
  ], { name, seed });
}

const common = {
  target: "input",
  loss: "binary_crossentropy",
  batchSize: 64,
  learningRate: 1e-3,
} as const;

const PRESETS: Record<PresetName, Omit<Preset, "name">> = {
  "deconv-autoencoder": {
    ...common,
    description: "stride-2 convolutions down to 8x8, transposed convolutions 4x4 stride 2 back up",
    learningRate: 2e-3,
    epochs: 5,
    build: (seed) => {
      const down = { kernelSize: 3, strides: 2, padding: "same", activation: "relu" } as const;
      const up = { kernelSize: 4, strides: 2, padding: "same", activation: "relu" } as const;
      return sequential([
        conv2d({ ...down, name: "encode1", filters: 32, inputShape: PICTURE }),
        conv2d({ ...down, name: "encode2", filters: 64 }),
        conv2d({ ...down, name: "code", filters: 128, strides: 1 }),
        conv2dTranspose({ ...up, name: "decode1", filters: 64 }),
        conv2dTranspose({ ...up, name: "decode2", filters: 32 }),
        conv2d({
          name: "picture",
          filters: 3,
          kernelSize: 3,
          padding: "same",
          activation: "sigmoid",
        }),
      ], { name: "deconv-autoencoder", seed });
    },
  },
  "article-cnn": {
    ...common,
    description: "the article's cnn: conv 32-64-128, then a transposed convolution to 3 channels",
    epochs: 10,
    build: (seed) => article("article-cnn", seed),
  },
  "article-dnn": {
    ...common,
    description: "the article's dnn: line for line the same network as article-cnn",
    epochs: 10,
    build: (seed) => article("article-dnn", seed),
  },
  "article-text": {
    ...common,
    description:
      "the article's text taken at its word: transposed convolutions of kernel 1, stride 2",
    epochs: 5,
    build: (seed) => {
      const conv = { kernelSize: 3, strides: 2, padding: "same", activation: "relu" } as const;
      const up = { kernelSize: 1, strides: 2, padding: "same" } as const;
      return sequential([
        conv2d({ ...conv, name: "conv1", filters: 32, inputShape: PICTURE }),
        conv2dTranspose({ ...up, name: "deconv1", filters: 32, activation: "relu" }),
        conv2d({ ...conv, name: "conv2", filters: 64 }),
        conv2dTranspose({ ...up, name: "deconv2", filters: 3, activation: "sigmoid" }),
      ], { name: "article-text", seed });
    },
  },
};

/** The names of all presets; the first is the default. */
export const PRESET_NAMES: readonly PresetName[] = Object.keys(PRESETS) as PresetName[];

/**
 * A preset by its name.
 *
 * @throws {DeconvError} When there is none; the message lists the names.
 *
 * @example
 * ```ts
 * import { preset } from "@deconv/deconv";
 * const net = preset("article-cnn").build(42);
 * console.log(net.parameterCount); // 96707
 * ```
 */
export function preset(name: string): Preset {
  if (!Object.hasOwn(PRESETS, name)) {
    throw new DeconvError(`There is no preset "${name}"; there are ${PRESET_NAMES.join(", ")}`);
  }
  return { name: name as PresetName, ...PRESETS[name as PresetName] };
}
