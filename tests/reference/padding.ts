/**
 * What "same", "valid" and explicit pads mean, and the shapes that follow from a layer's options.
 *
 * Convolution, one axis, `reach = dilation·(kernel - 1) + 1`:
 *
 * - valid: no padding;
 * - same: `out = ⌈in / stride⌉`; the missing `max((out - 1)·stride + reach - in, 0)` zeros are split
 *   in half, the odd one going below or to the right
 *   (TensorFlow, https://www.tensorflow.org/api_docs/python/tf/nn#notes_on_padding_2).
 *
 * Transposed convolution first fixes its output size; the difference to the full
 * `(in - 1)·stride + reach` is cropped (floor half at the top and left), or added below and on the
 * right where the full output is too small. As in Keras 3 (`_get_output_shape_given_tf_padding`):
 *
 * - valid: `(in - 1)·stride + max(reach, stride)`, or `… + reach + outputPadding` where that is given;
 * - same: `in·stride`, or `(in - 1)·stride + reach mod 2 + outputPadding` where that is given;
 * - explicit pads: as PyTorch, `(in - 1)·stride + reach - pads + outputPadding` (0 where not given).
 */

import type { Pads, Pair } from "./array.ts";
import { type Conv2dSettings, convOutputSize } from "./conv2d.ts";
import { type Conv2dTransposeSettings, transposeOutputSize } from "./conv2d_transpose.ts";

/** The three ways to say how a picture's border is treated. */
export type Padding = "same" | "valid" | Pads;

/** The options of a convolution layer that decide shapes; a single number stands for both axes. */
export interface ConvShapeOptions {
  readonly filters: number;
  readonly kernelSize: number | Pair;
  readonly strides?: number | Pair;
  readonly padding?: Padding;
  readonly dilationRate?: number | Pair;
  readonly groups?: number;
}

/** The options of a transposed convolution layer that decide shapes. */
export interface TransposeShapeOptions extends ConvShapeOptions {
  readonly outputPadding?: number | Pair;
}

/** A layer's options worked out for one input shape. */
export interface ResolvedShapes<Settings> {
  readonly settings: Settings;
  readonly kernelShape: readonly number[];
  readonly outputShape: readonly number[];
}

/** `3` and `[3, 3]` mean the same. */
export function pair(value: number | Pair): Pair {
  return typeof value === "number" ? [value, value] : value;
}

/** Explicit pads `[top, left, bottom, right]` of a convolution. */
export function convPads(
  padding: Padding,
  size: Pair,
  kernel: Pair,
  strides: Pair,
  dilations: Pair,
): Pads {
  if (padding === "valid") return [0, 0, 0, 0];
  if (padding !== "same") return padding;
  const missing = ([0, 1] as const).map((axis) => {
    const out = Math.ceil(size[axis] / strides[axis]);
    const reach = dilations[axis] * (kernel[axis] - 1) + 1;
    return Math.max((out - 1) * strides[axis] + reach - size[axis], 0);
  });
  const [top, left] = missing.map((total) => Math.floor(total / 2));
  return [top, left, missing[0] - top, missing[1] - left];
}

/** Explicit pads (what is cropped) and output padding (what is added) of a transposed convolution. */
export function transposePads(
  padding: Padding,
  size: Pair,
  kernel: Pair,
  strides: Pair,
  dilations: Pair,
  outputPadding?: Pair,
): { pads: Pads; outputPadding: Pair } {
  if (padding !== "same" && padding !== "valid") {
    return { pads: padding, outputPadding: outputPadding ?? [0, 0] };
  }
  const surplus = ([0, 1] as const).map((axis) => {
    const stride = strides[axis];
    const reach = dilations[axis] * (kernel[axis] - 1) + 1;
    const extra = outputPadding?.[axis];
    const lastStart = (size[axis] - 1) * stride;
    const wanted = padding === "valid"
      ? lastStart + (extra === undefined ? Math.max(reach, stride) : reach + extra)
      : lastStart + (extra === undefined ? stride : reach % 2 + extra);
    return lastStart + reach - wanted;
  });
  const crop = surplus.map((s) => Math.max(s, 0));
  const [top, left] = crop.map((total) => Math.floor(total / 2));
  return {
    pads: [top, left, crop[0] - top, crop[1] - left],
    outputPadding: [Math.max(-surplus[0], 0), Math.max(-surplus[1], 0)],
  };
}

/** Settings and shapes of a convolution layer with these (Keras-named) options. */
export function resolveConv2d(
  inputShape: readonly number[],
  options: ConvShapeOptions,
): ResolvedShapes<Conv2dSettings> {
  const [count, height, width, channels] = inputShape;
  const kernel = pair(options.kernelSize);
  const strides = pair(options.strides ?? 1);
  const dilations = pair(options.dilationRate ?? 1);
  const groups = options.groups ?? 1;
  const pads = convPads(options.padding ?? "valid", [height, width], kernel, strides, dilations);
  const [top, left, bottom, right] = pads;
  return {
    settings: { strides, pads, dilations, groups },
    kernelShape: [...kernel, channels / groups, options.filters],
    outputShape: [
      count,
      convOutputSize(height, kernel[0], strides[0], top, bottom, dilations[0]),
      convOutputSize(width, kernel[1], strides[1], left, right, dilations[1]),
      options.filters,
    ],
  };
}

/** Settings and shapes of a transposed convolution layer with these (Keras-named) options. */
export function resolveConv2dTranspose(
  inputShape: readonly number[],
  options: TransposeShapeOptions,
): ResolvedShapes<Conv2dTransposeSettings> {
  const [count, height, width, channels] = inputShape;
  const kernel = pair(options.kernelSize);
  const strides = pair(options.strides ?? 1);
  const dilations = pair(options.dilationRate ?? 1);
  const groups = options.groups ?? 1;
  const { pads, outputPadding } = transposePads(
    options.padding ?? "valid",
    [height, width],
    kernel,
    strides,
    dilations,
    options.outputPadding === undefined ? undefined : pair(options.outputPadding),
  );
  const [top, left, bottom, right] = pads;
  const [downPad, rightPad] = outputPadding;
  return {
    settings: { strides, pads, dilations, groups, outputPadding },
    kernelShape: [...kernel, options.filters / groups, channels],
    outputShape: [
      count,
      transposeOutputSize(height, kernel[0], strides[0], top, bottom, dilations[0], downPad),
      transposeOutputSize(width, kernel[1], strides[1], left, right, dilations[1], rightPad),
      options.filters,
    ],
  };
}
