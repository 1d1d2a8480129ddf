/** What the JSON of a network says of its layers, before any is made. */
import { DeconvError } from "../../errors.ts";
import { list, record, text, wholeNumbers } from "../../json.ts";
import { kerasPaths } from "./names.ts";

/** A value in a functional network: a layer, which time it was applied, which of its outputs. */
export interface Reference {
  /** The layer. */
  readonly layer: string;
  /** Which time, as the file counts. */
  readonly node: number;
  /** Which output. */
  readonly output: number;
}

/** A layer of a network, which may be a network itself. */
export interface LayerDescription {
  /** Its class. */
  readonly className: string;
  /** Its name. */
  readonly name: string;
  /** What Keras 3 calls it in its file of weights. */
  readonly path: string;
  /** Its options. */
  readonly config: Record<string, unknown>;
  /** What it is applied to, each time that it is. */
  readonly calls: readonly (readonly Reference[])[];
  /** Whether the file counts its calls from 1: Keras 2 does so for networks, the first being their own. */
  readonly fromOne: boolean;
}

/** A network. */
export interface NetworkDescription {
  /** Whether its layers stand one behind the other; otherwise they say what they are applied to. */
  readonly sequential: boolean;
  /** Its name. */
  readonly name: string;
  /** Its layers. */
  readonly layers: readonly LayerDescription[];
  /** The rest of its options. */
  readonly config: Record<string, unknown>;
}

const NETWORKS = ["Sequential", "Functional", "Model"];

/** Whether a layer of this class is a network. */
export function isNetwork(className: string): boolean {
  return NETWORKS.includes(className);
}

/**
 * Reads the JSON of a network: `{ class_name, config }`.
 *
 * @throws {DeconvError} When it is malformed, or of a class that does not say what it is made of.
 */
export function describeNetwork(json: unknown): NetworkDescription {
  const { class_name, config } = record(json, "its network");
  const className = text(class_name, "the class of its network");
  if (!isNetwork(className)) {
    throw new DeconvError(
      `its network is a ${className}, of a class of its own: only Sequential and functional networks say what they are made of`,
    );
  }
  // Keras before 2.2.3 had the bare list of layers for Sequential.
  const { layers, name = "model", ...rest } = Array.isArray(config)
    ? { layers: config }
    : record(config, "its network's config");
  const pathOf = kerasPaths();
  return {
    sequential: className === "Sequential",
    name: text(name, "its network's name"),
    layers: list(layers, "its layers").map((layer) => describeLayer(layer, pathOf)),
    config: rest as Record<string, unknown>,
  };
}

function describeLayer(json: unknown, pathOf: (className: string) => string): LayerDescription {
  const { class_name, config, inbound_nodes = [], name } = record(json, "a layer");
  const className = text(class_name, "a layer's class");
  const options = isNetwork(className) && Array.isArray(config)
    ? { layers: config, name }
    : record(config, "its config");
  const title = text(name ?? options.name, "a layer's name");
  const inbound = list(inbound_nodes, "inbound_nodes");
  return {
    className,
    name: title,
    path: pathOf(className),
    config: { ...options, name: title },
    calls: inbound.map(references),
    fromOne: isNetwork(className) && inbound.some(Array.isArray),
  };
}

/** The inputs or outputs of a network: one reference or a list of them. */
export function endsOf(value: unknown): Reference[] {
  const all = list(value, "its inputs or outputs");
  return typeof all[0] === "string" ? [reference(all)] : all.map(reference);
}

function reference(value: unknown): Reference {
  const [layer, node, output = 0] = list(value, "a reference to a layer");
  const [time, place] = wholeNumbers([node, output], "a reference to a layer");
  return { layer: text(layer, "a layer's name"), node: time, output: place };
}

/**
 * What a layer is applied to. Keras 2 has a list of `[layer, node, output, options]`; Keras 3 the
 * arguments of the call, where tensors are objects with a `keras_history`.
 */
function references(node: unknown): Reference[] {
  if (Array.isArray(node)) {
    return typeof node[0] === "string" ? [reference(node)] : node.map(reference);
  }
  const found: Reference[] = [];
  const search = (value: unknown) => {
    if (Array.isArray(value)) return value.forEach(search);
    const { class_name, config } = record(value, "an argument of a layer");
    if (class_name !== "__keras_tensor__") {
      throw new DeconvError("a layer is called with something that is no tensor");
    }
    found.push(reference(record(config, "a tensor").keras_history));
  };
  list(record(node, "a node").args, "a layer's arguments").forEach(search);
  return found;
}
