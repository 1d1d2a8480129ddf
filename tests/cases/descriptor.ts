/**
 * Names for cases: a case's shapes and options in one word, in the style of oneDNN's benchdnn.
 *
 * `n2h9w7c3_r3s3k5_t2x2_p1x1x1x1_d1x1_g1` is a batch of 2 pictures of 9x7 with 3 channels, a 3x3
 * kernel with 5 filters, strides 2x2, pads top 1, left 1, bottom 1, right 1 (or `psame`, `pvalid`),
 * no dilation, one group. `_o1x0` follows where output padding is given, `_nobias` without a bias.
 */

/** Height and width, in this order. */
export type Pair = readonly [number, number];

/** `[top, left, bottom, right]`. */
export type Pads = readonly [number, number, number, number];

/** Options that conv2d and conv2d_transpose share, named as in Keras; a number stands for both axes. */
export interface ConvOptions {
  readonly filters: number;
  readonly kernelSize: number | Pair;
  /** Default 1. */
  readonly strides?: number | Pair;
  /** Default "valid". */
  readonly padding?: "same" | "valid" | Pads;
  /** Default 1. */
  readonly dilationRate?: number | Pair;
  /** Default 1. */
  readonly groups?: number;
  /** Default true. */
  readonly useBias?: boolean;
}

/** A layer's options, the shape of its input (batch included), a name, and why the case is here. */
export interface LayerCase<Options> {
  readonly name: string;
  readonly why: string;
  readonly inputShape: readonly number[];
  readonly options: Options;
}

/** Options that must be refused, with something essential that the message has to say. */
export interface InvalidCase {
  readonly why: string;
  readonly inputShape: readonly number[];
  /** Deliberately untyped: much of it would not compile as the layer's options. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly message: RegExp;
}

/** Options that a layer must refuse on inputs of a shape. */
export function invalidCases(
  inputShape: readonly number[],
  rows: readonly [why: string, options: Record<string, unknown>, message: RegExp][],
): InvalidCase[] {
  return rows.map(([why, options, message]) => ({ why, inputShape, options, message }));
}

/** The name of a convolution case of either kind. */
export function describeConv(
  inputShape: readonly number[],
  options: ConvOptions & { readonly outputPadding?: number | Pair },
): string {
  const both = (value: number | Pair = 1) => typeof value === "number" ? [value, value] : value;
  const { filters, kernelSize, strides, padding = "valid", dilationRate, groups = 1 } = options;
  const [n, h, w, c] = inputShape;
  const [r, s] = both(kernelSize);
  const parts = [
    `n${n}h${h}w${w}c${c}`,
    `r${r}s${s}k${filters}`,
    `t${both(strides).join("x")}`,
    `p${typeof padding === "string" ? padding : padding.join("x")}`,
    `d${both(dilationRate).join("x")}`,
    `g${groups}`,
  ];
  if (options.outputPadding !== undefined) parts.push(`o${both(options.outputPadding).join("x")}`);
  if (options.useBias === false) parts.push("nobias");
  return parts.join("_");
}
