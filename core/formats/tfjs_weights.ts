/**
 * Weights of TensorFlow.js (https://www.tensorflow.org/js/guide/save_load): a manifest in JSON of groups of
 * tensors, the bytes of each group one behind the other in one or several files (shards).
 */
import { DeconvError } from "../errors.ts";
import { isRecord } from "../json.ts";
import { type Shape, sizeOf, type Tensor } from "../tensor.ts";
import { floatBytes, joined } from "./bytes.ts";
import { floatBitsOfHalf } from "./float16.ts";

/** What a manifest says of one tensor. */
export interface TfjsWeight {
  /** Its name, such as `conv2d/kernel`. */
  readonly name: string;
  /** Its sizes. */
  readonly shape: Shape;
  /** What it is when it has been read: `float32`, `int32`, `uint8` or `bool`. */
  readonly dtype: string;
  /** How it is stored in fewer bytes: value·scale + min. */
  readonly quantization?: {
    readonly dtype: "uint8" | "uint16" | "float16";
    readonly scale?: number;
    readonly min?: number;
  };
}

/** Tensors that lie in the same files. */
export interface TfjsGroup {
  /** The files, in order. */
  readonly paths: readonly string[];
  /** The tensors, in order. */
  readonly weights: readonly TfjsWeight[];
}

const BYTES: Readonly<Record<string, number>> = {
  float32: 4,
  int32: 4,
  uint16: 2,
  float16: 2,
  uint8: 1,
  bool: 1,
};

function refuse(fault: string): never {
  throw new DeconvError(`Cannot read weights of TensorFlow.js: ${fault}`);
}

/**
 * Checks a manifest, given as JSON that has been parsed.
 *
 * @throws {DeconvError} When it is malformed, or names a file outside its folder.
 */
export function readTfjsManifest(json: unknown): TfjsGroup[] {
  if (!Array.isArray(json)) return refuse("the manifest is not a list");
  const taken = new Set<string>();
  return json.map((group) => {
    if (!isRecord(group) || !Array.isArray(group.paths) || !Array.isArray(group.weights)) {
      return refuse("a group of the manifest has no paths and weights");
    }
    const paths = group.paths.map((path) =>
      typeof path === "string" ? path.replace(/^(?:\.\/)+/, "") : path
    );
    const wrong = paths.find((path) =>
      typeof path !== "string" || !/^[^/\\:\0]+$/.test(path) || /^\.+$/.test(path)
    );
    if (wrong !== undefined) {
      refuse(`the manifest names ${JSON.stringify(wrong)}, which is no file beside it`);
    }
    const weights = group.weights.map(readWeight);
    for (const { name } of weights) {
      if (taken.has(name)) refuse(`there are two weights ${JSON.stringify(name)}`);
      taken.add(name);
    }
    return { paths: paths as string[], weights };
  });
}

function readWeight(value: unknown): TfjsWeight {
  if (!isRecord(value)) return refuse("the manifest is malformed");
  const { name, shape, dtype, quantization } = value;
  if (typeof name !== "string") return refuse("a weight has no name");
  const where = JSON.stringify(name.slice(0, 80));
  const sizes = Array.isArray(shape) && shape.every((n) => Number.isSafeInteger(n) && n >= 0);
  if (!sizes || sizeOf(shape) > 2 ** 31) refuse(`the shape of ${where} makes no sense`);
  if (!["float32", "int32", "uint8", "bool"].includes(dtype as string)) {
    refuse(`${where} is of type ${String(dtype)}; there are float32, int32, uint8, bool`);
  }
  if (quantization !== undefined) {
    const { dtype: stored, scale, min } = isRecord(quantization) ? quantization : {};
    const linear = (stored === "uint8" || stored === "uint16") &&
      Number.isFinite(scale) && Number.isFinite(min);
    if (!linear && stored !== "float16") refuse(`the quantization of ${where} makes no sense`);
  }
  return value as unknown as TfjsWeight;
}

/** How many bytes a tensor has in its file. */
function tfjsBytes({ shape, dtype, quantization }: TfjsWeight): number {
  return sizeOf(shape) * BYTES[quantization?.dtype ?? dtype];
}

/**
 * The tensors of a group, as float32.
 *
 * @param bytes The bytes of its files, one behind the other.
 * @throws {DeconvError} When they are not as many as the tensors need.
 */
export function decodeTfjsWeights(
  weights: readonly TfjsWeight[],
  bytes: Uint8Array,
): Map<string, Tensor> {
  const need = weights.reduce((sum, weight) => sum + tfjsBytes(weight), 0);
  if (need !== bytes.length) {
    refuse(`the tensors need ${need} bytes, and the files have ${bytes.length}: get them again`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  return new Map(weights.map((weight) => {
    const { name, shape } = weight, start = at;
    at += tfjsBytes(weight);
    return [name, { shape, data: decode(weight, view, start) }];
  }));
}

function decode({ shape, dtype, quantization }: TfjsWeight, view: DataView, at: number) {
  const data = new Float32Array(sizeOf(shape)), stored = quantization?.dtype ?? dtype;
  const bits = new Uint32Array(data.buffer), width = BYTES[stored];
  const { scale = 1, min = 0 } = quantization ?? {};
  const whole = dtype !== "float32" ? Math.round : (value: number) => value;
  for (let i = 0; i < data.length; i++, at += width) {
    if (stored === "float32") bits[i] = view.getUint32(at, true);
    else if (stored === "float16") bits[i] = floatBitsOfHalf(view.getUint16(at, true));
    else if (stored === "int32") data[i] = view.getInt32(at, true);
    else {
      const value = width === 2 ? view.getUint16(at, true) : view.getUint8(at);
      data[i] = quantization ? whole(value * scale + min) : value;
    }
  }
  return data;
}

/** The bytes of tensors as float32, one behind the other. */
export function encodeTfjsWeights(tensors: readonly Tensor[]): Uint8Array {
  return joined(tensors.map(({ data }) => floatBytes(data)));
}
