/** A network with every activation as a node of its own, and parts of it. */
import { DeconvError } from "../errors.ts";
import { placeName, valuesNamed } from "../graph.ts";
import { type Config, input, Layer, type Symbolic } from "../layer.ts";
import { activation, type ActivationConfig } from "../layers/activation.ts";
import type { Model } from "../model.ts";
import { model as makeModel } from "../sequential.ts";

/** Activations that make chances of scores. */
const CHANCES: readonly string[] = ["softmax", "log_softmax", "sigmoid"];

/** Unfused models, as long as their originals live. */
const made = new WeakMap<Model, Model>();

/**
 * A layer with the same parameters, without its activation and without its penalty on activations,
 * that training does not change.
 *
 * @param name Its name.
 */
function bareTwin(layer: Layer, name: string): Layer {
  const twin = new Layer(layer.definition, { ...withoutActivation(layer), name, trainable: false });
  twin.parameters = layer.parameters;
  twin.builtFor = layer.builtFor;
  twin.kernelOf = layer.kernelOf;
  return twin;
}

/** The configuration of the layer that a wrapper wraps, where it is one. */
function wrapped({ config }: Layer): { kind: string; config: Config } | undefined {
  const inner = config.layer as unknown as { kind: string; config: Config } | undefined;
  return inner?.config ? inner : undefined;
}

function withoutActivation(layer: Layer): Config {
  const { config, kind } = layer, inner = wrapped(layer);
  if (kind === "activation" || layer.activation === "linear") return config;
  if (!inner) return { ...config, activation: "linear" };
  return { ...config, layer: { ...inner, config: { ...inner.config, activation: "linear" } } };
}

/** The activation that ends a layer, or null for a layer that has none or is one. */
function ending(layer: Layer): ActivationConfig | null {
  if (layer.kind === "activation" || layer.activation === "linear") return null;
  const { activation } = (wrapped(layer) ?? layer).config;
  return activation as unknown as ActivationConfig;
}

/**
 * A network that computes the same from the same parameters, in which every activation is a layer of
 * its own: what was a convolution "a" with a relu becomes a convolution "a/linear" and an activation
 * "a", so that names mean what they meant. A layer that stands in two places "b" and "b/2" is two
 * layers, so that a part of the network has these names too. It has no penalties on activations, and nothing in it is
 * trainable. Made once for each model.
 *
 * @example
 * ```ts
 * import { conv2d, sequential, unfuse } from "@deconv/deconv";
 * const net = sequential([
 *   conv2d({ name: "a", filters: 4, kernelSize: 3, activation: "relu", inputShape: [8, 8, 1] }),
 * ]);
 * console.log(unfuse(net).layers.map(({ name }) => name)); // ["a/linear", "a"]
 * ```
 */
export function unfuse(model: Model): Model {
  const known = made.get(model);
  if (known) {
    known.precision = model.precision;
    return known;
  }
  const { nodes, shapes, inputNames, outputs } = model.graph;
  const values: Symbolic[] = inputNames.map((name, i) => input({ shape: shapes[i], name }));
  const inputs = values.slice();
  nodes.forEach(({ layer, inputs, output }, i) => {
    const name = placeName(model.graph, i), end = ending(layer);
    const twin = bareTwin(layer, end ? `${name}/linear` : name);
    const linear = twin.apply(inputs.map((value) => values[value]));
    values[output] = end ? activation(end, { name }).apply(linear) : linear;
  });
  const { name, seed, precision } = model;
  const result = makeModel(
    { inputs, outputs: outputs.map((value) => values[value]) },
    { name, seed, precision },
  );
  made.set(model, result);
  made.set(result, result);
  return result;
}

/** Which part of an unfused network. */
export interface PartOptions {
  /**
   * Name of the layer whose output becomes the first input; the network's own inputs follow, those
   * that are needed besides. Default: only these.
   */
  from?: string;
  /** Name of the layer that ends it. Default: an output. */
  to?: string;
  /** Number of the output that ends it where `to` does not. Default 0. */
  output?: number;
  /** Whether it ends before the last softmax or sigmoid. Default false. */
  logits?: boolean;
}

/** The parts of each model that were asked for last: methods ask for the same one over and over. */
const parts = new WeakMap<Model, Map<string, Model>>();
const KEPT = 6;

/**
 * The part of an unfused network that leads to one value. Inputs on which it does not depend are not
 * among its own: they are known by their names.
 *
 * @throws {DeconvError} When there is no such layer or output, or the end does not depend on `from`.
 */
export function partOf(model: Model, options: PartOptions = {}): Model {
  const { from, to, output, logits } = options, key = JSON.stringify([from, to, output, logits]);
  const known = parts.get(model) ?? new Map<string, Model>();
  parts.set(model, known);
  const part = known.get(key) ?? makePart(model, options);
  part.precision = model.precision;
  known.delete(key);
  known.set(key, part);
  if (known.size > KEPT) known.delete(known.keys().next().value!);
  return part;
}

function makePart(model: Model, options: PartOptions): Model {
  const { graph } = model, { nodes, shapes, inputNames, outputs } = graph;
  const { from, to, output = 0, logits = false } = options;
  if (to === undefined && outputs[output] === undefined) {
    throw new DeconvError(
      `The model has ${outputs.length} output(s), and there is no number ${output}`,
    );
  }
  const [last] = to === undefined ? [outputs[output]] : valuesNamed(graph, [to]);
  const [first] = from === undefined ? [-1] : valuesNamed(graph, [from]);
  const values: Symbolic[] = inputNames.map((name, i) => input({ shape: shapes[i], name }));
  const starts = values.slice();
  if (first >= inputNames.length) {
    values[first] = input({ shape: shapes[first], name: from });
    starts.unshift(values[first]);
  }
  for (const { layer, inputs, output } of nodes) {
    values[output] ??= layer.apply(inputs.map((value) => values[value]));
  }
  let end = values[last];
  while (logits && end.layer?.kind === "activation" && CHANCES.includes(end.layer.activation)) {
    end = end.inputs[0];
  }
  const needed = new Set<Symbolic>(), open = [end];
  while (open.length) {
    const value = open.pop()!;
    if (needed.has(value)) continue;
    needed.add(value);
    open.push(...value.inputs);
  }
  if (first >= 0 && !needed.has(values[first])) {
    throw new DeconvError(`What is to be explained does not depend on "${from}"`);
  }
  const { name, seed, precision } = model;
  return makeModel(
    { inputs: starts.filter((start) => needed.has(start)), outputs: end },
    { name, seed, precision },
  );
}
