/** Cases of separable_conv2d. */

import { separableConv2d } from "../../mod.ts";
import { elements, type NumberArray } from "../reference/array.ts";
import { depthwiseConv2d, type DepthwiseConv2dOptions } from "../reference/depthwise_conv2d.ts";
import { separableLayer } from "../reference/separable.ts";
import { refusedValues } from "./depthwise_conv2d.ts";
import { type Given, layerTable } from "./layer_table.ts";

/** Of a separable layer: how many products each value is the sum of. */
export function separableTerms(
  { dy, parameters: { depthwise_kernel, pointwise_kernel } }: Pick<
    Given<unknown>,
    "dy" | "parameters"
  >,
): Readonly<Record<string, number>> {
  const [multiplier] = depthwise_kernel.shape.slice(-1);
  const [channels, filters] = pointwise_kernel.shape.slice(-2);
  const taps = elements(depthwise_kernel.shape.slice(0, -2));
  const pixels = elements(dy.shape.slice(0, -1));
  return {
    y: taps * channels,
    dx: taps * multiplier * filters,
    ddepthwise_kernel: pixels * filters,
    dpointwise_kernel: pixels * taps,
    dbias: pixels,
  };
}

type Options = DepthwiseConv2dOptions & { readonly filters: number };

/** The table of tests/layers_test.ts. */
export const layer = layerTable<Options>({
  kind: "separable_conv2d",
  make: separableConv2d,
  rows: [
    ["every option at its default", [[1, 5, 5, 1]], { filters: 1, kernelSize: 3 }],
    ["one pixel", [[3, 1, 1, 5]], { filters: 7, kernelSize: 3, padding: "same" }],
    ["everyday", [[2, 9, 8, 16]], { filters: 32, kernelSize: 3, padding: "same" }],
    ["halving, two each", [[2, 9, 8, 9]], {
      filters: 17,
      kernelSize: 3,
      depthMultiplier: 2,
      strides: 2,
      padding: "same",
    }],
    ["everything at once", [[5, 8, 9, 3]], {
      filters: 5,
      kernelSize: [3, 2],
      depthMultiplier: 3,
      strides: [2, 1],
      padding: [1, 0, 2, 1],
      dilationRate: [1, 2],
    }],
    ["no bias", [[2, 5, 5, 4]], { filters: 6, kernelSize: 3, useBias: false }],
  ],
  expected: ({ x, dy, parameters, options }) => {
    const kernel = parameters.depthwise_kernel, channels = parameters.pointwise_kernel.shape[2];
    const shape = [...dy.shape.slice(0, 3), channels];
    const depthwise = (dz: NumberArray) => depthwiseConv2d(x, kernel, dz, options);
    return separableLayer(depthwise, shape, parameters, dy);
  },
  terms: separableTerms,
  step: 0.05,
  refused: refusedValues([1, 8, 8, 3], { filters: 4, kernelSize: 3 }, {
    filters: [undefined, 0, 2.5],
    kernelSize: [undefined, 0, 9],
    depthMultiplier: [0, 1.5],
    strides: [0],
    padding: ["full"],
  }),
});
