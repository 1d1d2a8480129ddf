/** What the readers of other programs' models share: layers are placed with the weights a file has for them. */
import { expectFits } from "../architecture.ts";
import { DeconvError } from "../errors.ts";
import { buildGraph, type Graph } from "../graph.ts";
import type { Layer, Symbolic } from "../layer.ts";
import type { Model } from "../model.ts";
import { model } from "../sequential.ts";
import { type Shape, shapeText, sizeOf, type Tensor } from "../tensor.ts";

/** What reading a model of another program may be told. */
export interface ReadModelOptions {
  /** What to call the file in errors. */
  name?: string;
  /** The shape of a picture, `[height, width, channels]`, for networks that leave it open. */
  inputShape?: Shape;
}

/** Gives the values of a layer's parameters, by name and shape; throws where the file has none. */
export type FindWeights = (parameter: string, shape: Shape, position: number) => Tensor;

/** A network that is put together from a file, and becomes a `T`. */
export interface Assembly<T> {
  /**
   * Puts a layer behind values. Its weights are looked for, and their sizes counted, before memory is
   * taken for any.
   *
   * @param own Whether its weights are not the file's.
   */
  place(
    layer: Layer,
    inputs: readonly Symbolic[],
    find: FindWeights,
    own?: boolean,
  ): Symbolic;
  /** What has been put together. */
  build(inputs: readonly Symbolic[], outputs: readonly Symbolic[], name: string): T;
}

/** A network without weights: what there is to know of it before any are read. */
export interface Outline {
  /** Its name. */
  readonly name: string;
  /** Its layers; they have no parameters. */
  readonly graph: Graph;
}

/** Begins an outline: layers are placed, and no weights looked for. */
export function outline(): Assembly<Outline> {
  return {
    place: (layer, inputs) => expectFits(layer.apply(inputs)),
    build: (inputs, outputs, name) => ({ name, graph: buildGraph(inputs, outputs) }),
  };
}

/** Weights that a file's options may come to, and it need not hold. */
const MOST_MADE = 2 ** 20;

/**
 * Begins a model with the weights that are found.
 *
 * @param most How many numbers the file can hold: what wants more reads some of them twice.
 */
export function assembly(most: number): Assembly<Model> {
  const found = new Map<Layer, Tensor[]>();
  let count = 0, made = 0;
  return {
    place(layer, inputs, find, own = false) {
      const result = expectFits(layer.apply(inputs));
      if (found.has(layer)) return result;
      const specs = layer.parameterSpecs(inputs.map(({ shape }) => shape));
      const size = specs.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
      if (own) most += size;
      if (own && (made += size) > MOST_MADE) {
        throw new DeconvError(`${layer.title}: its options come to too many weights`);
      }
      if (!((count += size) <= most)) {
        throw new DeconvError(`${layer.title} needs more weights than the file can hold`);
      }
      found.set(layer, specs.map(({ name, shape }, i) => find(name, shape, i)));
      return result;
    },
    build(inputs, outputs, name) {
      const made = model({ inputs, outputs }, { name });
      for (const layer of made.layers) {
        found.get(layer)!.forEach(({ data }, i) => layer.parameters[i].value.view.set(data));
      }
      return made;
    },
  };
}

/** Values of a parameter in the shape it needs; a shape of the same numbers in the same order will do. */
export function expectShape(
  where: string,
  shape: Shape,
  { shape: given, data }: Tensor,
): Tensor {
  const essence = (sizes: Shape) => sizes.filter((size) => size !== 1).join();
  if (sizeOf(given) === sizeOf(shape) && essence(given) === essence(shape)) return { shape, data };
  throw new DeconvError(
    `its weights ${where} have the shape ${shapeText(given)}, and the layer needs ${
      shapeText(shape)
    }`,
  );
}

/** Characters of a message: names in it come from the file, and may be of any length. */
const MOST_TOLD = 600;

/** Runs a reader: whatever goes wrong in it becomes one line that names the file. */
export function reading<T>(name: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof DeconvError) {
      const fault = error.message.replace(/^Cannot read (?:"[^"]*"|[^":]+): /, "");
      throw new DeconvError(
        `Cannot read "${name}": ${
          fault.length > MOST_TOLD ? `${fault.slice(0, MOST_TOLD)}…` : fault
        }`,
      );
    }
    if (error instanceof TypeError || error instanceof RangeError) {
      // A form nobody thought of, deep in some option; or nested too deep.
      throw new DeconvError(`Cannot read "${name}": its description of the network is malformed`);
    }
    throw error;
  }
}
