/** Cases of separable_conv1d. */

import { separableConv1d } from "../../mod.ts";
import type { NumberArray } from "../reference/array.ts";
import { depthwiseConv1d, type DepthwiseConv1dOptions } from "../reference/depthwise_conv1d.ts";
import { separableLayer } from "../reference/separable.ts";
import { refusedValues } from "./depthwise_conv2d.ts";
import { layerTable } from "./layer_table.ts";
import { separableTerms } from "./separable_conv2d.ts";

type Options = DepthwiseConv1dOptions & { readonly filters: number };

/** The table of tests/layers_test.ts. */
export const layer = layerTable<Options>({
  kind: "separable_conv1d",
  make: separableConv1d,
  rows: [
    ["every option at its default", [[1, 6, 1]], { filters: 1, kernelSize: 3 }],
    ["one value", [[3, 1, 5]], { filters: 7, kernelSize: 3, padding: "same" }],
    ["causal, two each", [[2, 13, 9]], {
      filters: 17,
      kernelSize: 4,
      depthMultiplier: 2,
      padding: "causal",
      dilationRate: 2,
    }],
    ["halving, no bias", [[5, 17, 16]], {
      filters: 3,
      kernelSize: 5,
      strides: 2,
      padding: "same",
      useBias: false,
    }],
  ],
  expected: ({ x, dy, parameters, options }) => {
    const kernel = parameters.depthwise_kernel, channels = parameters.pointwise_kernel.shape[1];
    const shape = [...dy.shape.slice(0, 2), channels];
    const depthwise = (dz: NumberArray) => depthwiseConv1d(x, kernel, dz, options);
    return separableLayer(depthwise, shape, parameters, dy);
  },
  terms: separableTerms,
  step: 0.05,
  refused: refusedValues([1, 8, 3], { filters: 4, kernelSize: 3 }, {
    filters: [undefined, 0],
    kernelSize: [undefined, 9],
    depthMultiplier: [0],
  }),
});
