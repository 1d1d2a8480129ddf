/** Cases of depthwise_conv2d, and what depthwise layers of both dimensions must refuse. */

import { depthwiseConv2d } from "../../mod.ts";
import { elements } from "../reference/array.ts";
import {
  depthwiseConv2d as reference,
  type DepthwiseConv2dOptions,
} from "../reference/depthwise_conv2d.ts";
import { depthwiseLayer } from "../reference/separable.ts";
import type { InvalidCase } from "./descriptor.ts";
import { type Given, layerTable } from "./layer_table.ts";

/** Values that are refused for options, for an input of this shape. */
export function refusedValues(
  inputShape: readonly number[],
  options: Readonly<Record<string, unknown>>,
  values: Readonly<Record<string, readonly unknown[]>>,
): InvalidCase[] {
  return Object.entries(values).flatMap(([name, list]) =>
    list.map((value) => ({
      why: `${name} ${JSON.stringify(value)}`,
      inputShape,
      options: { ...options, [name]: value },
      message: new RegExp(name),
    }))
  );
}

/** Of a depthwise layer: how many products each value is the sum of. */
export function depthwiseTerms(
  { dy, parameters: { kernel } }: Pick<Given<unknown>, "dy" | "parameters">,
): Readonly<Record<string, number>> {
  const multiplier = kernel.shape[kernel.shape.length - 1];
  const taps = elements(kernel.shape.slice(0, -2)), pixels = elements(dy.shape.slice(0, -1));
  return { y: taps, dx: taps * multiplier, dkernel: pixels, dbias: pixels };
}

/** The table of tests/layers_test.ts. */
export const layer = layerTable<DepthwiseConv2dOptions>({
  kind: "depthwise_conv2d",
  make: depthwiseConv2d,
  rows: [
    ["every option at its default", [[1, 5, 5, 1]], { kernelSize: 3 }],
    ["one pixel, one tap", [[1, 1, 1, 3]], { kernelSize: 1 }],
    ["one pixel, nine taps", [[3, 1, 1, 5]], {
      kernelSize: 3,
      padding: "same",
      depthMultiplier: 2,
    }],
    ["mobile", [[2, 9, 8, 16]], { kernelSize: 3, padding: "same" }],
    ["mobile, halving", [[2, 9, 8, 17]], { kernelSize: 3, strides: 2, padding: "same" }],
    ["two each", [[1, 6, 7, 15]], { kernelSize: 3, depthMultiplier: 2, padding: "same" }],
    ["three each of one channel", [[2, 8, 8, 1]], { kernelSize: 5, depthMultiplier: 3 }],
    ["everything at once", [[5, 8, 9, 6]], {
      kernelSize: [3, 2],
      depthMultiplier: 4,
      strides: [2, 1],
      padding: [1, 0, 2, 1],
      dilationRate: [1, 2],
    }],
    ["dilated", [[1, 11, 11, 33]], { kernelSize: 3, dilationRate: 3, padding: "same" }],
    ["no bias", [[2, 5, 5, 4]], { kernelSize: 3, useBias: false }],
  ],
  expected: ({ x, dy, parameters: { kernel, bias }, options }) =>
    depthwiseLayer((dy) => reference(x, kernel, dy, options), bias, dy),
  terms: depthwiseTerms,
  step: 0.5,
  refused: [
    ...refusedValues([1, 8, 8, 3], { kernelSize: 3 }, {
      kernelSize: [undefined, 0, [3], 9],
      depthMultiplier: [0, 1.5, -1],
      strides: [0],
      padding: ["full"],
      dilationRate: [[1, 0]],
      depthwiseInitializer: ["best"],
    }).map((c) => c.options.depthwiseInitializer ? { ...c, message: /best/ } : c),
    { why: "vectors", inputShape: [1, 8], options: { kernelSize: 3 }, message: /3 dimension/ },
  ],
});
