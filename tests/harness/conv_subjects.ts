/** Both convolutions as subjects of `checkLayer`, for any options and numbers. */

import { conv2d, conv2dTranspose } from "../../mod.ts";
import type { Conv2dOptions } from "../cases/conv2d.ts";
import type { Conv2dTransposeOptions } from "../cases/conv2d_transpose.ts";
import type { LayerCase } from "../cases/descriptor.ts";
import * as conv from "../reference/conv2d.ts";
import * as transposed from "../reference/conv2d_transpose.ts";
import { resolveConv2d, resolveConv2dTranspose } from "../reference/padding.ts";
import { conv2dInputs, conv2dTransposeInputs, type LayerInputs } from "./case_inputs.ts";
import type { LayerSubject } from "./run_layer.ts";

/** ε of the gradient checks: the passes are linear in each array, so only rounding limits it. */
const STEP = 0.5;

/** Parameters, with a bias where there is one. */
function parametersOf({ kernel, bias }: LayerInputs): LayerSubject["parameters"] {
  return bias ? { kernel, bias } : { kernel };
}

/** A conv2d case as a subject. */
export function conv2dSubject(c: LayerCase<Conv2dOptions>): LayerSubject {
  const { settings, kernelShape, outputShape } = resolveConv2d(c.inputShape, c.options);
  const inputs = conv2dInputs(c);
  const { x, kernel, bias, dy } = inputs;
  const [kh, kw, , filters] = kernelShape;
  const pixels = outputShape[0] * outputShape[1] * outputShape[2];
  return {
    name: c.name,
    make: () => conv2d(c.options),
    x,
    dy,
    parameters: parametersOf(inputs),
    expected: () => ({
      y: conv.conv2d(x, kernel, bias, settings),
      dx: conv.conv2dInputGradient(dy, kernel, x.shape, settings),
      dkernel: conv.conv2dKernelGradient(x, dy, kernel.shape, settings),
      ...bias ? { dbias: conv.conv2dBiasGradient(dy) } : {},
    }),
    terms: {
      y: kh * kw * kernelShape[2],
      dx: kh * kw * filters / settings.groups,
      dkernel: pixels,
      dbias: pixels,
    },
    step: STEP,
  };
}

/** A conv2d_transpose case as a subject. */
export function conv2dTransposeSubject(c: LayerCase<Conv2dTransposeOptions>): LayerSubject {
  const { settings, kernelShape, outputShape } = resolveConv2dTranspose(c.inputShape, c.options);
  const inputs = conv2dTransposeInputs(c);
  const { x, kernel, bias, dy } = inputs;
  const [kh, kw, groupFilters, channels] = kernelShape;
  const pixels = (shape: readonly number[]) => shape[0] * shape[1] * shape[2];
  return {
    name: c.name,
    make: () => conv2dTranspose(c.options),
    x,
    dy,
    parameters: parametersOf(inputs),
    expected: () => ({
      y: transposed.conv2dTranspose(x, kernel, bias, settings),
      dx: transposed.conv2dTransposeInputGradient(dy, kernel, x.shape, settings),
      dkernel: transposed.conv2dTransposeKernelGradient(x, dy, kernel.shape, settings),
      ...bias ? { dbias: transposed.conv2dTransposeBiasGradient(dy) } : {},
    }),
    terms: {
      y: kh * kw * channels / settings.groups,
      dx: kh * kw * groupFilters,
      dkernel: pixels(c.inputShape),
      dbias: pixels(outputShape),
    },
    step: STEP,
  };
}
