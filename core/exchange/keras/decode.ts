/**
 * Reads files of Keras: `.h5` (HDF5 with the network in an attribute) and `.keras` of version 3 (a zip file of
 * `config.json`, `metadata.json` and `model.weights.h5`, or `.npz`).
 */
import { DeconvError } from "../../errors.ts";
import { type Hdf5Object, openHdf5 } from "../../formats/hdf5.ts";
import { MOST_SAID, readZip } from "../../formats/zip.ts";
import { parseJson, record } from "../../json.ts";
import type { DecodedModel } from "../../save.ts";
import { assembly, reading, type ReadModelOptions } from "../assembly.ts";
import type { Shape } from "../../tensor.ts";
import { openKerasNpz } from "./npz.ts";
import { type KerasReading, type KerasWeights, readKerasGraph } from "./read_graph.ts";

/** A file of Keras that has been opened; its weights are read when they are asked for. */
export interface KerasFile {
  /** The JSON of its network; throws where there is none. */
  network(): unknown;
  /** Its weights, before any are read. */
  tensors(): { name: string; dtype: string; shape: Shape }[];
  /** How many numbers its weights are. */
  numbers(): number;
  /** What reading the network needs. */
  readonly reading: KerasReading;
  /** What wrote it. */
  readonly source: string;
}

/** Opens a `.h5` file. */
export function openKerasH5(bytes: Uint8Array): KerasFile {
  const root = openHdf5(bytes), weights = root.get("model_weights") ?? root;
  const [version = ""] = root.texts("keras_version") ?? weights.texts("keras_version") ?? [];
  return {
    network() {
      const [config] = root.texts("model_config") ?? [];
      if (config !== undefined) return parseJson(config, "its model_config");
      throw new DeconvError(
        "it is an HDF5 file without model_config, perhaps of weights alone: save the whole model (model.save)",
      );
    },
    tensors: () =>
      arraysIn(weights).map(([name, { dtype, shape }]) => listed(name, dtype!, shape!)),
    numbers: () => numbersIn(weights),
    reading: {
      dialect: version.startsWith("3") ? "keras3" : "keras2",
      weights: ({ names }) => namedWeights(weights.get(names[0]), names),
    },
    source: `Keras ${version}`.trim(),
  };
}

/**
 * Weights by the end of their names: `conv2d/kernel:0`. Those of a network in another lie in one group, under
 * the names of their layers.
 */
function namedWeights(group: Hdf5Object | undefined, names: readonly string[]): KerasWeights {
  const paths = (group?.texts("weight_names") ?? []).map((path) => ({
    path,
    parts: path.replace(/:\d+$/, "").split("/"),
  }));
  const own = names[names.length - 1], inner = names.length > 1;
  return {
    find(parameter) {
      const found = paths.filter(({ parts }) =>
        parts.at(-1) === parameter && (!inner || parts.at(-2) === own)
      );
      if (found.length > 1) {
        throw new DeconvError(`several of its weights may be ${parameter} of "${names.join("/")}"`);
      }
      return found.length ? group!.get(found[0].path)?.tensor() : undefined;
    },
  };
}

/** Whether the names of a zip file's entries are those of a `.keras` file. */
export function isKeras(names: readonly string[]): boolean {
  return names.includes("config.json") && names.includes("metadata.json");
}

/**
 * Opens a `.keras` file.
 *
 * @param outlined Whether no weights will be asked for: their checksum is not looked at.
 */
export function openKeras(bytes: Uint8Array, outlined = false): KerasFile {
  const entries = new Map(readZip(bytes, "it").map((entry) => [entry.name, entry]));
  const json = (file: string) => {
    const entry = entries.get(file);
    if (!entry) throw new DeconvError(`it has no ${file}`);
    return parseJson(new TextDecoder().decode(entry.bytes(MOST_SAID).slice()), `its ${file}`);
  };
  const { keras_version: version } = record(json("metadata.json"), "its metadata");
  const dialect = `${version}`.startsWith("2") ? "keras2" : "keras3";
  const network = () => json("config.json"), source = `Keras ${version}`;
  const h5 = entries.get("model.weights.h5"), npz = entries.get("model.weights.npz");
  if (npz && !h5) {
    const weights = openKerasNpz(npz.bytes());
    return {
      network,
      tensors: weights.list,
      numbers: () => npz.size, // none has less than a byte
      reading: {
        dialect,
        weights: ({ paths }) => ({
          find: (_parameter, position) =>
            weights.find(paths.map((path) => `layers/${path}`).join("/"), position),
        }),
      },
      source,
    };
  }
  const weights = h5 && openHdf5(outlined && h5.stored() || h5.bytes());
  return {
    network,
    tensors: () =>
      arraysIn(weights).map(([name, { dtype, shape }]) => listed(name, dtype!, shape!)),
    numbers: () => numbersIn(weights),
    reading: {
      dialect,
      weights: ({ paths }) => ({
        find(_parameter, position) {
          if (weights) return layerGroup(weights, paths)?.get(`vars/${position}`)?.tensor();
          throw new DeconvError("it has no model.weights.h5: save it where h5py is installed");
        },
      }),
    },
    source,
  };
}

const listed = (name: string, dtype: string, shape: Shape) => ({ name, dtype, shape });

/** The group of a layer; Keras 2.12 had another name for the groups of layers. */
function layerGroup(root: Hdf5Object | undefined, paths: readonly string[]) {
  return paths.reduce<Hdf5Object | undefined>((group, path) => {
    const layers = group?.get("layers") ?? group?.get("_layer_checkpoint_dependencies");
    return layers?.get(path);
  }, root);
}

/** The arrays of a group and of those in it, by their paths. */
function arraysIn(object: Hdf5Object | undefined, path = "", depth = 0): [string, Hdf5Object][] {
  if (!object || depth > 32) return [];
  if (object.shape) return [[path, object]];
  return object.names().flatMap((name) =>
    arraysIn(object.get(name), path ? `${path}/${name}` : name, depth + 1)
  );
}

function numbersIn(weights: Hdf5Object | undefined): number {
  return arraysIn(weights).reduce(
    (sum, [, array]) => sum + (/^(float|u?int)/.test(array.dtype!) ? array.count() : 0),
    0,
  );
}

function decode(
  open: (bytes: Uint8Array) => KerasFile,
  bytes: Uint8Array,
  { name = "model", inputShape }: ReadModelOptions,
): DecodedModel {
  return reading(name, () => {
    const { network, numbers, reading, source } = open(bytes);
    const model = readKerasGraph(network(), { ...reading, inputShape }, assembly(numbers()));
    return { model, metadata: { source } };
  });
}

/**
 * Reads a model that Keras saved as `.h5`. Training configuration and optimizer are not read.
 *
 * @throws {DeconvError} When it is damaged, holds weights only, or has a layer or an option that has no
 * counterpart here; the message names it.
 *
 * @example
 * ```ts ignore
 * import { decodeKerasH5 } from "@deconv/deconv";
 * const { model } = decodeKerasH5(await Deno.readFile("lenet.h5"));
 * console.log(model.summary());
 * ```
 */
export function decodeKerasH5(bytes: Uint8Array, options: ReadModelOptions = {}): DecodedModel {
  return decode(openKerasH5, bytes, options);
}

/**
 * Reads a model that Keras 3 saved as `.keras`. Training configuration and optimizer are not read.
 *
 * @throws {DeconvError} When it is damaged, is of a class of its own, or has a layer or an option that has
 * no counterpart here; the message names it.
 *
 * @example
 * ```ts ignore
 * import { decodeKeras } from "@deconv/deconv";
 * const { model } = decodeKeras(await Deno.readFile("autoencoder.keras"));
 * console.log(model.summary());
 * ```
 */
export function decodeKeras(bytes: Uint8Array, options: ReadModelOptions = {}): DecodedModel {
  return decode(openKeras, bytes, options);
}
