import { DeconvError } from "./errors.ts";
import type { ConvOptions, Pair } from "./geometry.ts";

/**
 * How a signal is padded with zeros: `"same"` and `"valid"` as in Keras; `"causal"`, all in front, so
 * that no output sees a later input; or explicit counts, one for both ends or `[left, right]`.
 */
export type SignalPadding = "same" | "valid" | "causal" | number | readonly [number, number];

/** What a user says of a convolution of signals, transposed or not. */
export interface SignalConvOptions {
  /** Taps of the kernel. */
  kernelSize: number;
  /** Steps between outputs (inputs, when transposed). Default 1. */
  strides?: number;
  /** Default `"valid"`. */
  padding?: SignalPadding;
  /** Distance between kernel taps. Default 1. */
  dilationRate?: number;
  /** Independent groups the channels are split into. Default 1. */
  groups?: number;
}

type TransposeOptions = SignalConvOptions & { outputPadding?: number };

function whole(value: number, name: string, least: number): number {
  if (Number.isInteger(value) && value >= least) return value;
  throw new DeconvError(
    `${name} must be a whole number of at least ${least}; it is ${JSON.stringify(value)}`,
  );
}

function checkPadding(padding: SignalPadding, transposed: boolean): SignalPadding {
  if (padding === "same" || padding === "valid") return padding;
  if (padding === "causal" && !transposed) return padding;
  const ends = typeof padding === "number" ? [padding, padding] : padding;
  if (
    Array.isArray(ends) && ends.length === 2 && ends.every((p) => Number.isInteger(p) && p >= 0)
  ) {
    return padding;
  }
  const words = transposed ? '"same", "valid"' : '"same", "valid", "causal"';
  throw new DeconvError(
    `padding must be ${words}, a whole number of at least 0 or [left, right]; it is ${
      JSON.stringify(padding)
    }`,
  );
}

/**
 * Fills in and checks the options by themselves, but for groups.
 *
 * @throws {DeconvError} Naming the option that is wrong.
 */
export function signalConvOptions(
  options: TransposeOptions,
  transposed: boolean,
): TransposeOptions {
  const { outputPadding: extra } = options;
  return {
    kernelSize: whole(options.kernelSize, "kernelSize", 1),
    strides: whole(options.strides ?? 1, "strides", 1),
    padding: checkPadding(options.padding ?? "valid", transposed),
    dilationRate: whole(options.dilationRate ?? 1, "dilationRate", 1),
    ...transposed
      ? { outputPadding: extra === undefined ? undefined : whole(extra, "outputPadding", 0) }
      : {},
  };
}

/** The same convolution of pictures of one row. */
export function rowOptions(options: TransposeOptions): ConvOptions & { outputPadding?: Pair } {
  const { kernelSize, strides = 1, padding = "valid", dilationRate = 1, groups } = options;
  const { outputPadding: extra } = options;
  const reach = (kernelSize - 1) * dilationRate;
  const [left, right] = padding === "causal"
    ? [reach, 0]
    : typeof padding === "number"
    ? [padding, padding]
    : padding;
  return {
    kernelSize: [1, kernelSize],
    strides: [1, strides],
    padding: padding === "same" || padding === "valid"
      ? padding
      : [0, left as number, 0, right as number],
    dilationRate: [1, dilationRate],
    groups,
    outputPadding: extra === undefined ? undefined : [0, extra],
  };
}
