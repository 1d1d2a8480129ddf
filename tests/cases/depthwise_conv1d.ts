/** Cases of depthwise_conv1d. */

import { depthwiseConv1d } from "../../mod.ts";
import {
  depthwiseConv1d as reference,
  type DepthwiseConv1dOptions,
} from "../reference/depthwise_conv1d.ts";
import { depthwiseLayer } from "../reference/separable.ts";
import { depthwiseTerms, refusedValues } from "./depthwise_conv2d.ts";
import { layerTable } from "./layer_table.ts";

/** The table of tests/layers_test.ts. */
export const layer = layerTable<DepthwiseConv1dOptions>({
  kind: "depthwise_conv1d",
  make: depthwiseConv1d,
  rows: [
    ["every option at its default", [[1, 6, 1]], { kernelSize: 3 }],
    ["one value", [[3, 1, 5]], { kernelSize: 3, padding: "same" }],
    ["causal, two each", [[2, 13, 9]], {
      kernelSize: 4,
      depthMultiplier: 2,
      padding: "causal",
      dilationRate: 2,
    }],
    ["halving", [[5, 17, 16]], { kernelSize: 5, strides: 2, padding: "same" }],
    ["long, different pads", [[1, 200, 33]], { kernelSize: 9, padding: [3, 5] }],
    ["no bias", [[2, 9, 3]], { kernelSize: 3, depthMultiplier: 3, useBias: false }],
  ],
  expected: ({ x, dy, parameters: { kernel, bias }, options }) =>
    depthwiseLayer((dy) => reference(x, kernel, dy, options), bias, dy),
  terms: depthwiseTerms,
  step: 0.5,
  refused: refusedValues([1, 8, 3], { kernelSize: 3 }, {
    kernelSize: [undefined, 0, [3], 9],
    depthMultiplier: [0, 1.5],
    padding: ["full", [1, 2, 3]],
  }),
});
