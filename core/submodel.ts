import { DeconvError } from "./errors.ts";
import { input, type Symbolic } from "./layer.ts";
import type { Model } from "./model.ts";
import { model as makeModel } from "./sequential.ts";
import type { Shape } from "./tensor.ts";

/** Which part of a network, and for which inputs. */
export interface SubmodelOptions {
  /** Name of the layer whose output becomes the only input. Default: the network's own inputs. */
  from?: string;
  /** Name of the layer, or layers, whose outputs are wanted. Default: the network's own outputs. */
  to?: string | readonly string[];
  /** Shapes of the inputs, without the batch, where they are to differ. */
  inputShapes?: readonly Shape[];
  /** Name of the new model. Default: the old one's. */
  name?: string;
}

/**
 * A part of a network as a model of its own, or the same network for pictures of another size. It
 * shares its layers with the original: training one trains the other.
 *
 * @throws {DeconvError} When there is no such layer, the part depends on something before `from`, or
 * the layers do not fit the shapes.
 *
 * @example The decoder of an autoencoder, and the autoencoder for larger pictures
 * ```ts
 * import { preset, submodel } from "@deconv/deconv";
 * const net = preset("deconv-autoencoder").build({ seed: 0 });
 * console.log(submodel(net, { from: "code" }).inputShape); // [8, 8, 128]
 * console.log(submodel(net, { inputShapes: [[64, 48, 3]] }).outputShape); // [64, 48, 3]
 * ```
 */
export function submodel(model: Model, options: SubmodelOptions = {}): Model {
  const { nodes, shapes, inputNames, outputs } = model.graph;
  const { from, to, inputShapes, name = model.name } = options;
  const valueOf = (layerName: string) => {
    const layer = model.layer(layerName);
    return nodes.findLast((node) => node.layer === layer)!.output;
  };
  const starts = from === undefined ? inputNames.map((_, i) => i) : [valueOf(from)];
  if (inputShapes && inputShapes.length !== starts.length) {
    throw new DeconvError(
      `Cannot take a part of ${model.name} with ${inputShapes.length} input shape(s): it has ${starts.length} input(s)`,
    );
  }
  const ends = to === undefined
    ? outputs
    : (typeof to === "string" ? [to] : to).map((layer) => valueOf(layer));
  const made = new Map<number, Symbolic>(starts.map((value, i) => [
    value,
    input({
      shape: inputShapes?.[i] ?? shapes[value],
      name: from === undefined ? inputNames[i] : undefined,
    }),
  ]));
  // What is needed, found from the end; a start hides all that is before it.
  const needed = new Set<number>(), open = [...ends];
  const maker = new Map(nodes.map((node) => [node.output, node]));
  while (open.length) {
    const value = open.pop()!;
    if (needed.has(value) || made.has(value)) continue;
    needed.add(value);
    const node = maker.get(value);
    if (!node) {
      throw new DeconvError(
        `Cannot take the part of ${model.name} after "${from}": it also needs the input "${
          inputNames[value]
        }"`,
      );
    }
    open.push(...node.inputs);
  }
  for (const { layer, inputs, output } of nodes) {
    if (needed.has(output)) made.set(output, layer.apply(inputs.map((value) => made.get(value)!)));
  }
  return makeModel(
    { inputs: starts.map((v) => made.get(v)!), outputs: ends.map((v) => made.get(v)!) },
    { name, seed: model.seed, precision: model.precision },
  );
}
