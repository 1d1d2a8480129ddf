/**
 * ConvNetJS (A. Karpathy, https://cs.stanford.edu/people/karpathy/convnetjs/): `net.toJSON()` is a list of
 * layers, each with its sizes; volumes are numbered w[(y·width + x)·depth + d], which is NHWC.
 */
import { DeconvError } from "../errors.ts";
import { list, parseJson, record } from "../json.ts";
import { input, type Layer, type Symbolic } from "../layer.ts";
import { layerFromConfig } from "../layers/registry.ts";
import { type Shape, sizeOf, type Tensor } from "../tensor.ts";
import type { DecodedModel } from "../save.ts";
import { type Assembly, assembly, type FindWeights, reading } from "./assembly.ts";

type Description = Record<string, unknown>;

/** What each layer of ConvNetJS is here; several are one behind the other. */
const LAYERS: Readonly<Record<string, (layer: Description) => Layer[]>> = {
  conv: (layer) => [
    layerFromConfig("conv2d", {
      filters: whole(layer, "out_depth"),
      kernelSize: windowOf(layer),
      strides: whole(layer, "stride"),
      padding: whole(layer, "pad", 0),
    }),
  ],
  pool: (layer) => [
    layerFromConfig("max_pool2d", {
      poolSize: windowOf(layer),
      strides: whole(layer, "stride"),
      padding: whole(layer, "pad", 0),
    }),
  ],
  fc: (layer) => [
    layerFromConfig("flatten", {}),
    layerFromConfig("dense", { units: whole(layer, "out_depth") }),
  ],
  softmax: () => [layerFromConfig("flatten", {}), active("softmax")],
  relu: () => [active("relu")],
  sigmoid: () => [active("sigmoid")],
  tanh: () => [active("tanh")],
  dropout: (layer) => [
    layerFromConfig("dropout", { rate: layer.drop_prob as number }),
  ],
  // Losses: what they are applied to is what comes out.
  regression: () => [],
  svm: () => [],
};

function active(kind: string): Layer {
  return layerFromConfig("activation", { kind });
}

function whole(layer: Description, key: string, least = 1): number {
  const value = layer[key];
  if (Number.isSafeInteger(value) && (value as number) >= least) return value as number;
  throw new DeconvError(
    `${key} of its layer of type ${String(layer.layer_type)} is not a whole number from ${least}`,
  );
}

/** Height and width. */
function windowOf(layer: Description): [number, number] {
  return [whole(layer, "sy"), whole(layer, "sx")];
}

/** The numbers of a volume: a list, or an object with the keys "0", "1" … as typed arrays become. */
function volume(value: unknown, count: number, where: string): Float32Array {
  const { w } = record(value, where) as { w?: unknown };
  const numbers = typeof w === "object" && w !== null ? w as Record<number, unknown> : {};
  if (Object.keys(numbers).length !== count) {
    throw new DeconvError(`${where} should have ${count} numbers`);
  }
  const data = new Float32Array(count);
  for (let i = 0; i < count; i++) {
    const number = numbers[i];
    if (typeof number !== "number") throw new DeconvError(`${where} has no number ${i}`);
    data[i] = number;
  }
  return data;
}

/** Filters as `[height·width·in]` volumes become the kernel `[height, width, in, out]`. */
function weightsOf(layer: Description, where: string): FindWeights {
  return (parameter: string, shape: Shape): Tensor => {
    if (parameter === "bias") {
      return { shape, data: volume(layer.biases, sizeOf(shape), `the biases of ${where}`) };
    }
    const filters = list(layer.filters, `filters of ${where}`), count = shape[shape.length - 1];
    if (filters.length !== count) throw new DeconvError(`${where} should have ${count} filters`);
    const data = new Float32Array(sizeOf(shape)), width = data.length / count;
    filters.forEach((filter, k) => {
      const values = volume(filter, width, `filter ${k} of ${where}`);
      for (let i = 0; i < width; i++) data[i * count + k] = values[i];
    });
    return { shape, data };
  };
}

/** Whether JSON looks like a network of ConvNetJS. */
export function isConvNetJs(json: unknown): boolean {
  const layers = (json as { layers?: unknown } | null)?.layers;
  return Array.isArray(layers) && typeof layers[0]?.layer_type === "string";
}

/**
 * Reads a network that ConvNetJS wrote (`JSON.stringify(net.toJSON())`): `conv`, `pool`, `fc`, `relu`,
 * `sigmoid`, `tanh`, `dropout`, `softmax`, and the losses `svm` and `regression`, which are nothing when
 * it predicts.
 *
 * @param name What to call the file in errors. Default `"network"`.
 * @throws {DeconvError} When it is malformed, or has a layer of another type (maxout, normalisation).
 *
 * @example
 * ```ts
 * import { decodeConvNetJs } from "@deconv/deconv";
 * const { model } = decodeConvNetJs(JSON.stringify({
 *   layers: [
 *     { layer_type: "input", out_sx: 1, out_sy: 1, out_depth: 2 },
 *     { layer_type: "fc", out_depth: 1, filters: [{ w: { 0: 3, 1: 4 } }], biases: { w: { 0: 5 } } },
 *   ],
 * }));
 * console.log(model.predict({ shape: [1, 1, 1, 2], data: Float32Array.of(1, 2) }).data); // [16]
 * ```
 */
export function decodeConvNetJs(text: string, name: string = "network"): DecodedModel {
  return reading(name, () => ({
    model: readConvNetJs(parseJson(text, "it"), assembly(text.length)),
    metadata: { source: "ConvNetJS" },
  }));
}

/** Reads the JSON of a network. */
export function readConvNetJs<T>(json: unknown, { place, build }: Assembly<T>): T {
  const [first, ...layers] = list(record(json, "it").layers, "layers")
    .map((layer) => record(layer, "a layer"));
  if (first?.layer_type !== "input") throw new DeconvError("its first layer is not of type input");
  const shape = ["out_sy", "out_sx", "out_depth"].map((key) => whole(first, key));
  const start = input({ shape });
  let end: Symbolic = start;
  layers.forEach((description, i) => {
    const type = String(description.layer_type), where = `layer ${i + 1} (${type})`;
    if (!Object.hasOwn(LAYERS, type)) {
      throw new DeconvError(
        `its ${where} is of a type that has no counterpart here; there are ${
          Object.keys(LAYERS).join(", ")
        }`,
      );
    }
    for (const layer of LAYERS[type](description)) {
      if (layer.kind === "flatten" && end.shape.length === 1) continue;
      end = place(layer, [end], weightsOf(description, where));
    }
  });
  return build([start], [end], "convnetjs");
}
