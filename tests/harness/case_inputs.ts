/**
 * Numbers for the cases of tests/cases: each case always gets the same arrays, drawn by its name.
 */

import type { ActivationCase } from "../cases/activation.ts";
import type { Conv2dCase } from "../cases/conv2d.ts";
import type { Conv2dTransposeCase } from "../cases/conv2d_transpose.ts";
import type { DenseCase } from "../cases/dense.ts";
import type { LossCase, LossValues } from "../cases/loss.ts";
import type { OptimizerCase } from "../cases/optimizer.ts";
import { resolveConv2d, resolveConv2dTranspose } from "../reference/padding.ts";
import {
  type Array32,
  randomDistributions,
  randomIntegers,
  randomNormal,
  randomOneHot,
  randomUniform,
  seedOf,
} from "./random_array.ts";

/** What a layer with weights needs for all its passes; `bias` is null without one. */
export interface LayerInputs {
  readonly x: Array32;
  readonly kernel: Array32;
  readonly bias: Array32 | null;
  readonly dy: Array32;
}

function layerInputs(
  name: string,
  inputShape: readonly number[],
  kernelShape: readonly number[],
  outputShape: readonly number[],
  useBias: boolean,
): LayerInputs {
  return {
    x: randomNormal(inputShape, seedOf(`${name}/x`)),
    kernel: randomNormal(kernelShape, seedOf(`${name}/kernel`)),
    bias: useBias ? randomNormal([outputShape.at(-1)!], seedOf(`${name}/bias`)) : null,
    dy: randomNormal(outputShape, seedOf(`${name}/dy`)),
  };
}

/** Arrays for a conv2d case. */
export function conv2dInputs(c: Conv2dCase): LayerInputs {
  const { kernelShape, outputShape } = resolveConv2d(c.inputShape, c.options);
  return layerInputs(c.name, c.inputShape, kernelShape, outputShape, c.options.useBias ?? true);
}

/** Arrays for a conv2d_transpose case. */
export function conv2dTransposeInputs(c: Conv2dTransposeCase): LayerInputs {
  const { kernelShape, outputShape } = resolveConv2dTranspose(c.inputShape, c.options);
  return layerInputs(c.name, c.inputShape, kernelShape, outputShape, c.options.useBias ?? true);
}

/** Arrays for a dense case. */
export function denseInputs(c: DenseCase): LayerInputs {
  const { units, useBias = true } = c.options;
  const kernelShape = [c.inputShape.at(-1)!, units];
  const outputShape = [...c.inputShape.slice(0, -1), units];
  return layerInputs(c.name, c.inputShape, kernelShape, outputShape, useBias);
}

/** Arrays for an activation case. */
export function activationInputs(c: ActivationCase): { x: Array32; dy: Array32 } {
  const x = randomNormal(c.inputShape, seedOf(`${c.name}/x`), c.scale);
  x.data.set(c.firstValues);
  return { x, dy: randomNormal(c.inputShape, seedOf(`${c.name}/dy`)) };
}

function lossValues(
  kind: LossValues,
  shape: readonly number[],
  seed: number,
  scale: number,
): Array32 {
  switch (kind) {
    case "normal":
      return randomNormal(shape, seed, scale);
    case "probability":
      return randomUniform(shape, seed, 0.02, 0.98);
    case "distribution":
      return randomDistributions(shape, seed);
    case "oneHot":
      return randomOneHot(shape, seed);
    case "binary":
      return randomIntegers(shape, seed, 2);
    case "sign": {
      const { data } = randomIntegers(shape, seed, 2);
      return { shape, data: data.map((v) => 2 * v - 1) };
    }
    case "zeros":
      return { shape, data: new Float32Array(shape.reduce((a, b) => a * b, 1)) };
    case "label":
      return randomIntegers(shape.slice(0, -1), seed, shape.at(-1)!);
  }
}

/** Arrays for a loss case (for kl_standard_normal they are mu and logvar). */
export function lossInputs(c: LossCase): { prediction: Array32; target: Array32 } {
  const scale = c.scale ?? 1;
  const prediction = lossValues(c.prediction, c.shape, seedOf(`${c.name}/prediction`), scale);
  prediction.data.set(c.firstValues ?? []);
  return { prediction, target: lossValues(c.target, c.shape, seedOf(`${c.name}/target`), scale) };
}

/** Starting weights, and for each step a gradient for every weight, for an optimizer case. */
export function optimizerInputs(
  c: OptimizerCase,
): { weights: Array32[]; gradients: Array32[][] } {
  const draw = (what: string, scale: number) =>
    c.shapes.map((shape, p) => randomNormal(shape, seedOf(`${c.name}/${what}/${p}`), scale));
  return {
    weights: draw("weights", 1),
    gradients: Array.from(
      { length: c.steps },
      (_, step) => draw(`gradient${step}`, c.gradientScales[step % c.gradientScales.length]),
    ),
  };
}
