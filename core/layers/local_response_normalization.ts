import { DeconvError } from "../errors.ts";
import { createLayer, type Layer, type LayerKind, type LayerOptions } from "../layer.ts";
import { axisFrom } from "../reach.ts";
import {
  localResponseNormForward,
  localResponseNormGradient,
} from "../wasm/local_response_norm.ts";
import { rowsOf } from "./normalization.ts";

/** Options of `localResponseNormalization`. */
export interface LocalResponseNormalizationOptions extends LayerOptions {
  /** How many neighbouring channels are summed over, this one among them. */
  size: number;
  /** Factor of the mean of squares. Default 1e-4. */
  alpha?: number;
  /** The exponent. Default 0.75. */
  beta?: number;
  /** Added to the mean of squares. Default 1. */
  bias?: number;
}

type LocalResponseConfig = Required<Omit<LocalResponseNormalizationOptions, keyof LayerOptions>>;

/** How many channels in front of one and behind it count; of an even number, more behind. */
function neighbours({ size }: LocalResponseConfig): { before: number; after: number } {
  return { before: Math.floor((size - 1) / 2), after: Math.ceil((size - 1) / 2) };
}

/** The definition of the local response normalisation layer. */
export const localResponseNormalizationKind: LayerKind<LocalResponseConfig> = {
  kind: "local_response_normalization",
  relevance: "pass",
  gates: true,
  configure: ({ size, alpha = 1e-4, beta = 0.75, bias = 1 }) => {
    if (!(Number.isInteger(size) && size >= 1)) {
      throw new DeconvError(
        `size must be a whole number of channels from 1, such as 5; it is ${JSON.stringify(size)}`,
      );
    }
    for (const [name, value] of Object.entries({ alpha, beta })) {
      if (!(typeof value === "number" && value >= 0 && value < Infinity)) {
        throw new DeconvError(`${name} must be a number from 0; it is ${JSON.stringify(value)}`);
      }
    }
    if (!(typeof bias === "number" && bias > 0 && bias < Infinity)) {
      throw new DeconvError(`bias must be a number above 0, such as 1; it is ${bias}`);
    }
    return { size, alpha, beta, bias };
  },
  outputShape: (_config, [shape]) => shape,
  reach: (config, [shape], cells) => {
    const { before, after } = neighbours(config), channels = shape[shape.length - 1];
    const near = (c: number) => {
      const first = Math.max(c - before, 0), last = Math.min(c + after, channels - 1);
      return Array.from({ length: last - first + 1 }, (_, i) => first + i);
    };
    return [cells.with(-1, axisFrom(cells[cells.length - 1], channels, near))];
  },
  lower: (config, lowering) => {
    const { inputs: [from], output: to } = lowering, { size, alpha, beta, bias } = config;
    const { batch, rows, channels } = rowsOf(from), { before, after } = neighbours(config);
    const shape = {
      rows: batch * rows,
      channels,
      before: Math.min(before, channels - 1),
      after: Math.min(after, channels - 1),
      scale: alpha / size,
      beta,
      bias,
    };
    lowering.add({
      forward: () => localResponseNormForward(shape, from.data, to.data),
      backward: () => {
        const { data, gradient, gated } = from;
        if (gradient) localResponseNormGradient(shape, data, to.gradient!, gradient, gated);
      },
    });
  },
};

/**
 * Local response normalisation across channels (Krizhevsky, Sutskever & Hinton 2012, AlexNet):
 * y = x · (`bias` + `alpha` / `size` · Σ x²)^−`beta`, the sum over the `size` channels about each one,
 * in the same place.
 *
 * Of an even number of channels one more lies behind than in front, as in ONNX (in PyTorch one more lies
 * in front); what would lie outside counts 0. Alpha is divided by `size` as in ONNX and PyTorch
 * (`torch.nn.LocalResponseNorm`, where bias is k); TensorFlow's `local_response_normalization` does not
 * divide: its `depth_radius` r and alpha a are `size` 2r + 1 and `alpha` (2r + 1)·a here. Defaults as in
 * ONNX: alpha 1e-4, beta 0.75, bias 1.
 *
 * Input `[…, channels]`, output the same. There are no parameters.
 *
 * @throws {DeconvError} When an option is wrong.
 *
 * @example
 * ```ts
 * import { conv2d, localResponseNormalization, sequential } from "@deconv/deconv";
 * const net = sequential([
 *   conv2d({ filters: 96, kernelSize: 11, strides: 4, activation: "relu", inputShape: [227, 227, 3] }),
 *   localResponseNormalization({ size: 5 }),
 * ]);
 * console.log(net.outputShape); // [55, 55, 96]
 * ```
 */
export function localResponseNormalization(options: LocalResponseNormalizationOptions): Layer {
  return createLayer(localResponseNormalizationKind, options);
}
