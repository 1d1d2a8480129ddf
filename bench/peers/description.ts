/**
 * A network in plain data, from which every peer builds its own: no peer needs to know deconv.
 *
 * @module
 */
import { convGeometry, type ConvOptions, convTransposeGeometry } from "../../core/geometry.ts";
import type { ConvolutionConfig } from "../../core/layers/convolution.ts";
import type { ActivationConfig } from "../../core/layers/activation.ts";
import type { Model } from "../../mod.ts";
import type { ConvOp } from "../passes.ts";

/** Height, width and channels. */
export type PictureShape = readonly [number, number, number];

/** One convolution, with its bias and activation. */
export interface LayerDescription {
  readonly op: ConvOp;
  /** `[kernel height, kernel width, inputs, outputs]`, of a transposed one `[…, outputs, inputs]`. */
  readonly kernel: readonly [number, number, number, number];
  /** Vertical and horizontal. */
  readonly strides: readonly [number, number];
  /** Top, left, bottom, right: of a transposed one what is cut from its output. */
  readonly pads: readonly [number, number, number, number];
  readonly activation: string;
  /** The shape it makes of a picture. */
  readonly output: PictureShape;
  /** Where in the weights its kernel and its bias begin. */
  readonly kernelAt: number;
  readonly biasAt: number;
}

/** A chain of convolutions. */
export interface NetworkDescription {
  readonly name: string;
  readonly input: PictureShape;
  readonly output: PictureShape;
  readonly layers: readonly LayerDescription[];
}

/** A network and all its parameters, one after the other. */
export function describeNetwork(
  name: string,
  { graph, parameters }: Model,
): { network: NetworkDescription; weights: Float32Array<ArrayBuffer> } {
  const size = parameters.reduce((sum, { value }) => sum + value.length, 0);
  const weights = new Float32Array(size);
  let end = 0;
  const layers = graph.nodes.map(({ layer, inputs, output }): LayerDescription => {
    const [kernelAt, biasAt] = layer.parameters.map(({ value }) => {
      weights.set(value.view, end);
      end += value.length;
      return end - value.length;
    });
    const config = layer.config as unknown as ConvolutionConfig<ConvOptions>,
      op = layer.kind as ConvOp;
    const make = op === "conv2d" ? convGeometry : convTransposeGeometry;
    const g = make(graph.shapes[inputs[0]] as PictureShape, config.filters, config);
    return {
      op,
      kernel: layer.parameters[0].shape as LayerDescription["kernel"],
      strides: g.strides,
      pads: [...g.padStart, ...g.padEnd],
      activation: (config.activation as ActivationConfig).kind,
      output: graph.shapes[output] as PictureShape,
      kernelAt,
      biasAt,
    };
  });
  const input = graph.shapes[0] as PictureShape;
  return { network: { name, input, output: layers[layers.length - 1].output, layers }, weights };
}
