import {
  convFlops,
  convGeometry,
  type ConvOptions,
  convTransposeGeometry,
} from "../core/geometry.ts";
import type { ConvolutionConfig } from "../core/layers/convolution.ts";
import { sizeOf } from "../core/tensor.ts";
import {
  conv2dTranspose,
  type Layer,
  type Model,
  preset,
  random,
  sequential,
  type Shape,
  type Tensor,
} from "../mod.ts";

/** The networks that are timed whole, and how many pictures at a time. */
export const NETWORKS = {
  "article-cnn": { batch: 64, trained: true },
  "deconv-autoencoder": { batch: 64, trained: true },
  "dcgan-generator": { batch: 16, trained: false },
} as const;

/** Name of a network that is timed. */
export type NetworkName = keyof typeof NETWORKS;

/**
 * The generator of DCGAN (Radford et al. 2016), 100 numbers to a 64x64 picture, 512 channels down to 64.
 * Without the batch normalisation, which at inference is a part of the kernels.
 */
function dcganGenerator(): Model {
  const up = { kernelSize: 4, strides: 2, padding: "same", activation: "relu" } as const;
  return sequential([
    conv2dTranspose({ filters: 512, kernelSize: 4, activation: "relu", inputShape: [1, 1, 100] }),
    conv2dTranspose({ ...up, filters: 256 }),
    conv2dTranspose({ ...up, filters: 128 }),
    conv2dTranspose({ ...up, filters: 64 }),
    conv2dTranspose({ ...up, filters: 3, activation: "tanh" }),
  ], { name: "dcgan-generator" });
}

/** A network by its name, with the parameters of seed 1; compiled with Adam where it is trained. */
export function buildNetwork(name: NetworkName): Model {
  if (name === "dcgan-generator") return dcganGenerator();
  const { build, loss } = preset(name);
  const net = build({ seed: 1 });
  net.compile({ optimizer: "adam", loss });
  return net;
}

/** A batch of pictures, uniform in 0 … 1, the same in every run. */
export function pictures(batch: number, shape: Shape): Tensor {
  const data = new Float32Array(batch * sizeOf(shape));
  random(1, "bench pictures").fillUniform(data, 0, 1, 0);
  return { shape: [batch, ...shape], data };
}

/** Flops of a layer's forward pass on one picture: those of convolutions; the rest is little. */
function layerFlops(layer: Layer, shape: Shape): number {
  const config = layer.config as unknown as ConvolutionConfig<ConvOptions>;
  const picture = shape as readonly [number, number, number];
  if (layer.kind === "conv2d") return convFlops(convGeometry(picture, config.filters, config));
  if (layer.kind === "conv2d_transpose") {
    return convFlops(convTransposeGeometry(picture, config.filters, config));
  }
  return 0;
}

/**
 * Flops of a network on one picture, counted as direct convolutions. Training takes three times the
 * forward pass, less the input gradient of layers that stand at an input, which nobody needs.
 */
export function networkFlops({ graph }: Model, training: boolean): number {
  return graph.nodes.reduce((sum, { layer, inputs }) => {
    const flops = layerFlops(layer, graph.shapes[inputs[0]]);
    const first = inputs[0] < graph.inputNames.length;
    return sum + flops * (training ? (first ? 2 : 3) : 1);
  }, 0);
}
