/** Tensors of another program, by their names, become the weights of a model. */
import { DeconvError } from "../errors.ts";
import type { Graph } from "../graph.ts";
import type { Layer } from "../layer.ts";
import type { Model } from "../model.ts";
import type { Parameter } from "../operation.ts";
import { type Shape, shapeText, sizeOf, type Tensor } from "../tensor.ts";
import { expectShape } from "./assembly.ts";

/** A tensor of any numbers, as `decodePyTorch` and `decodeSafetensors` give it. */
export interface NamedTensor {
  /** Its sizes. */
  readonly shape: Shape;
  /** Its numbers. */
  readonly data: ArrayLike<number | bigint>;
}

/** Options of `loadWeights`. */
export interface LoadWeightsOptions {
  /**
   * How layers and tensors meet: by the `"name"` of the layer, as `conv1` and `conv1.weight`, or in the
   * `"order"` they stand in. Default: by name where every layer's is found, otherwise in order.
   */
  by?: "name" | "order";
  /** What the names of the tensors begin with, such as `"model_state_dict."`; others are left out. */
  prefix?: string;
}

/** What PyTorch calls a parameter, and which axis of its tensor becomes which axis here. */
interface Turned {
  readonly name: string;
  /** Axes of PyTorch's tensor in the order they have here; default as they are. */
  readonly axes?: readonly number[];
}

const CONV2D: Turned = { name: "weight", axes: [2, 3, 1, 0] };
const CONV1D: Turned = { name: "weight", axes: [2, 1, 0] };
const AFFINE: Readonly<Record<string, Turned>> = {
  gamma: { name: "weight" },
  beta: { name: "bias" },
};
const bias: Turned = { name: "bias" };

/**
 * PyTorch's names and axes by our kind of layer. A transposed convolution's tensor is [in, out, …] there
 * and [.., out, in] here, so its axes turn as a convolution's do.
 */
const TURNED: Readonly<Record<string, Readonly<Record<string, Turned>>>> = {
  batch_normalization: {
    ...AFFINE,
    moving_mean: { name: "running_mean" },
    moving_variance: { name: "running_var" },
  },
  conv1d: { kernel: CONV1D, bias },
  conv1d_transpose: { kernel: CONV1D, bias },
  conv2d: { kernel: CONV2D, bias },
  conv2d_transpose: { kernel: CONV2D, bias },
  dense: { kernel: { name: "weight", axes: [1, 0] }, bias },
  depthwise_conv1d: { kernel: { name: "weight", axes: [2, 0, 1] }, bias },
  depthwise_conv2d: { kernel: { name: "weight", axes: [2, 3, 0, 1] }, bias },
  embedding: { embeddings: { name: "weight" } },
  group_normalization: AFFINE,
  instance_normalization: AFFINE,
  layer_normalization: AFFINE,
  prelu: { alpha: { name: "weight" } },
};

/**
 * Sets all weights of a model to tensors by name: those of a `state_dict` of PyTorch, whose axes are turned
 * from channels first to channels last, or tensors that have the very names and shapes of the model's
 * parameters (`conv2d_1/kernel`). Where a dense layer follows a flattened picture, its rows are put in the
 * order that pictures have here. Nothing is set unless everything fits.
 *
 * @throws {DeconvError} When a tensor is missing or has another shape; the message names it.
 *
 * @example
 * ```ts
 * import { dense, loadWeights, sequential } from "@deconv/deconv";
 * const net = sequential([dense({ name: "fc", units: 1, inputShape: [2] })]);
 * loadWeights(net, {
 *   "fc.weight": { shape: [1, 2], data: [3, 4] },
 *   "fc.bias": { shape: [1], data: [5] },
 * });
 * console.log(net.predict({ shape: [1, 2], data: Float32Array.of(1, 2) }).data); // [16]
 * ```
 */
export function loadWeights(
  model: Model,
  tensors: ReadonlyMap<string, NamedTensor> | Readonly<Record<string, NamedTensor>>,
  { by, prefix = "" }: LoadWeightsOptions = {},
): void {
  const all = tensors instanceof Map ? [...tensors] : Object.entries(tensors);
  const given = new Map<string, NamedTensor>(
    all.filter(([name]) => name.startsWith(prefix)).map((
      [name, t],
    ) => [name.slice(prefix.length), t]),
  );
  const layers = model.layers.filter(({ ownParameters }) => ownParameters.length);
  const own = model.parameters.every(({ name }) => given.has(name));
  const values = own
    ? model.parameters.map((parameter) => [parameter, sameOf(parameter, given)] as const)
    : modulesOf(layers, given, by).flatMap(([layer, module]) =>
      layer.ownParameters.map((parameter) =>
        [parameter, turnedOf(model.graph, layer, parameter, module, given)] as const
      )
    );
  for (const [parameter, { data }] of values) parameter.value.view.set(data);
}

function floats({ shape, data }: NamedTensor): Tensor {
  return {
    shape,
    data: data instanceof Float32Array ? data : Float32Array.from(data, (value) => Number(value)),
  };
}

function sameOf({ name, shape }: Parameter, given: ReadonlyMap<string, NamedTensor>): Tensor {
  return expectShape(name, shape, floats(given.get(name)!));
}

/** Each layer and the name of the module it was: what stands before `.weight`. */
function modulesOf(
  layers: readonly Layer[],
  given: ReadonlyMap<string, NamedTensor>,
  by: "name" | "order" | undefined,
): (readonly [Layer, string])[] {
  const modules = [
    ...new Set([...given.keys()].map((name) => name.slice(0, Math.max(name.lastIndexOf("."), 0)))),
  ];
  const missing = layers.find(({ name }) => !modules.includes(name));
  if (by !== "order" && !missing) return layers.map((layer) => [layer, layer.name]);
  const found = modules.map((name) => name || "(no name)").join(", ");
  if (by === "name") {
    throw new DeconvError(
      `Cannot load weights: there are none for ${missing!.title}; there are weights of ${found}`,
    );
  }
  if (layers.length !== modules.length) {
    throw new DeconvError(
      `Cannot load weights: the model has ${layers.length} layers with weights (${
        layers.map(({ name }) => name).join(", ")
      }), and the tensors are of ${modules.length} modules (${found}): name the layers as they are there`,
    );
  }
  return layers.map((layer, i) => [layer, modules[i]]);
}

function turnedOf(
  graph: Graph,
  layer: Layer,
  parameter: Parameter,
  module: string,
  given: ReadonlyMap<string, NamedTensor>,
): Tensor {
  const short = parameter.name.slice(parameter.name.lastIndexOf("/") + 1);
  const turned = TURNED[layer.kind]?.[short];
  if (!turned) {
    throw new DeconvError(
      `Cannot load weights: ${layer.title} is not one module in PyTorch: set its weights by setWeights`,
    );
  }
  const name = module ? `${module}.${turned.name}` : turned.name, found = given.get(name);
  const { shape } = parameter;
  if (!found) {
    throw new DeconvError(`Cannot load weights: there is no ${name}, which ${layer.title} needs`);
  }
  const misfit = () =>
    new DeconvError(
      `Cannot load weights: ${name} has the shape ${
        shapeText(found.shape)
      }, and ${layer.title} needs ${shapeText(shape)}, channels last`,
    );
  const value = floats(found);
  // One slope for all channels.
  if (layer.kind === "prelu" && sizeOf(value.shape) === 1) {
    return { shape, data: new Float32Array(sizeOf(shape)).fill(value.data[0]) };
  }
  // A normalisation over whole pictures has weights of their shape.
  const axes = turned.axes ?? (value.shape.length === 3 ? [1, 2, 0] : undefined);
  if (axes && axes.length !== value.shape.length) throw misfit();
  const there = axes ? transpose(value, axes) : value;
  const picture = layer.kind === "dense" && short === "kernel"
    ? flattened(graph, layer)
    : undefined;
  const result = picture ? channelsLast(there, picture) : there;
  try {
    return expectShape(name, shape, result);
  } catch {
    throw misfit();
  }
}

/** An array with its axes in another order. */
function transpose({ shape, data }: Tensor, axes: readonly number[]): Tensor {
  const strides = shape.map((_, axis) => sizeOf(shape.slice(axis + 1)));
  const sizes = axes.map((axis) => shape[axis]), steps = axes.map((axis) => strides[axis]);
  const result = new Float32Array(data.length), place = sizes.map(() => 0);
  for (let i = 0, at = 0; i < result.length; i++) {
    result[i] = data[at];
    for (let axis = sizes.length - 1; axis >= 0; axis--) {
      at += steps[axis];
      if (++place[axis] < sizes[axis]) break;
      at -= steps[axis] * sizes[axis];
      place[axis] = 0;
    }
  }
  return { shape: sizes, data: result };
}

/** Rows `[channels·height·width, units]` in the order height, width, channels. */
function channelsLast(value: Tensor, [height, width, channels]: Shape): Tensor {
  const [rows, units] = value.shape;
  if (rows !== height * width * channels) return value;
  const turned = transpose(
    { shape: [channels, height * width, units], data: value.data },
    [1, 0, 2],
  );
  return { shape: value.shape, data: turned.data };
}

/** Kinds that leave every value in its place. */
const STILL = ["activation", "dropout", "gaussian_noise"];

/** The shape of the picture whose values a layer takes one behind the other, if it does. */
function flattened({ nodes, shapes }: Graph, layer: Layer): Shape | undefined {
  let value = nodes.find((node) => node.layer === layer)!.inputs[0];
  for (;;) {
    const before = nodes.find(({ output }) => output === value);
    if (!before) return undefined;
    [value] = before.inputs;
    if (before.layer.kind === "flatten") {
      return shapes[value].length === 3 ? shapes[value] : undefined;
    }
    if (!STILL.includes(before.layer.kind)) return undefined;
  }
}
