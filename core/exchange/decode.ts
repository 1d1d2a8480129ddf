/** Models of any format that is known, read. */
import { DeconvError } from "../errors.ts";
import { type DecodedModel, decodeModel } from "../save.ts";
import { reading } from "./assembly.ts";
import { decodeConvNetJs } from "./convnetjs.ts";
import { decodeKeras, decodeKerasH5 } from "./keras/decode.ts";
import { decodeOnnx, type DecodeOnnxOptions } from "./onnx/decode.ts";
import { type ModelFormat, modelFormat, unknownFormat } from "./sniff.ts";
import { decodeTfjs, type ReadShard } from "./tfjs.ts";

/** What decoding a file of any format may need. */
export interface DecodeOptions extends DecodeOnnxOptions {
  /** Gives the bytes of a file beside it. */
  beside?: ReadShard;
}

type Reader = (bytes: Uint8Array, options: DecodeOptions & { name: string }) => DecodedModel;

const textOf = (bytes: Uint8Array) => new TextDecoder().decode(bytes.slice());

/** How each format is read. */
const READERS: Readonly<Record<ModelFormat, Reader>> = {
  safetensors: (bytes, { name }) => decodeModel(bytes, name),
  tfjs: (bytes, options) => {
    const { name, beside } = options;
    const missing = (): never => {
      throw new DeconvError(
        `Cannot read "${name}": its weights lie in files beside it: give its path, or use decodeTfjs`,
      );
    };
    return decodeTfjs(textOf(bytes), beside ?? missing, options);
  },
  convnetjs: (bytes, { name }) => decodeConvNetJs(textOf(bytes), name),
  keras: decodeKeras,
  keras_h5: decodeKerasH5,
  onnx: (bytes, options) => ({ model: decodeOnnx(bytes, options).model, metadata: {} }),
  pytorch: (_bytes, { name }) => {
    throw new DeconvError(
      `Cannot read "${name}" as a model: a file of PyTorch holds tensors and no network; build the network and give it decodePyTorch's tensors by loadWeights`,
    );
  },
};

/**
 * Reads a model of any format that is known, which is found by the bytes alone.
 *
 * @throws {DeconvError} When it is damaged, of no known format, or has what has no counterpart here.
 */
export function decodeAnyModel(bytes: Uint8Array, options: DecodeOptions = {}): DecodedModel {
  const { name = "model" } = options, format = reading(name, () => modelFormat(bytes));
  if (!format && !name.endsWith(".safetensors")) {
    throw new DeconvError(`Cannot read "${name}": ${unknownFormat(bytes)}`);
  }
  // What is called so is read as our own, which says what is wrong with it.
  return READERS[format ?? "safetensors"](bytes, { ...options, name });
}
