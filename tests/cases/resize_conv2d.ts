/** Cases of the convolution of enlarged pictures: against the two references one after the other. */

import { resizeConv2d } from "../../mod.ts";
import { array64 } from "../reference/array.ts";
import * as conv from "../reference/conv2d.ts";
import { pair, resolveConv2d } from "../reference/padding.ts";
import { resample, resampleGradient } from "../reference/resample.ts";
import type { ConvOptions, Pair } from "./descriptor.ts";
import { layerTable, type Row } from "./layer_table.ts";

interface ResizeConvOptions extends ConvOptions {
  readonly size?: number | Pair;
  readonly interpolation?: "nearest" | "bilinear";
}

const rows: readonly Row<ResizeConvOptions>[] = [
  ["every option at its default", [[2, 4, 4, 8]], { filters: 6, kernelSize: 3 }],
  ["one pixel", [[1, 1, 1, 1]], { filters: 1, kernelSize: 3 }],
  ["bilinear", [[1, 5, 4, 5]], { filters: 7, kernelSize: 3, interpolation: "bilinear" }],
  ["not enlarged", [[1, 5, 4, 3]], { filters: 4, kernelSize: 3, size: 1 }],
  ["unevenly", [[5, 3, 2, 3]], { filters: 2, kernelSize: [3, 5], size: [3, 2] }],
  ["valid, strided, no bias", [[1, 4, 5, 4]], {
    filters: 3,
    kernelSize: 4,
    strides: 3,
    padding: "valid",
    useBias: false,
  }],
  ["groups and pads", [[1, 4, 4, 6]], {
    filters: 4,
    kernelSize: 3,
    padding: [2, 1, 0, 1],
    groups: 2,
    interpolation: "bilinear",
  }],
  ["several tiles", [[2, 8, 8, 32]], { filters: 32, kernelSize: 3 }],
];

const resolve = (shape: readonly number[], options: ResizeConvOptions) => {
  const size = pair(options.size ?? 2), [n, height, width, channels] = shape;
  const large = [n, size[0] * height, size[1] * width, channels];
  return { large, ...resolveConv2d(large, { ...options, padding: options.padding ?? "same" }) };
};

/** The table of tests/layers_test.ts. */
export const layer = layerTable<ResizeConvOptions>({
  kind: "resize_conv2d",
  make: resizeConv2d,
  rows,
  step: 0.5,
  expected: ({ x, dy, parameters: { kernel, bias }, options }) => {
    const { interpolation = "nearest" } = options, { large, settings } = resolve(x.shape, options);
    const enlarged = resample(x, [large[1], large[2]], interpolation);
    const dLarge = conv.conv2dInputGradient(dy, kernel, large, settings);
    return {
      y: conv.conv2d(enlarged, kernel, bias ?? array64([options.filters]), settings),
      dx: resampleGradient(dLarge, [x.shape[1], x.shape[2]], interpolation),
      dkernel: conv.conv2dKernelGradient(enlarged, dy, kernel.shape, settings),
      ...bias ? { dbias: conv.conv2dBiasGradient(dy) } : {},
    };
  },
  terms: ({ x, options }) => {
    const { large, kernelShape: [kh, kw, channels, filters], outputShape } = resolve(
      x.shape,
      options,
    );
    const pixels = outputShape[0] * outputShape[1] * outputShape[2];
    const size = large[1] * large[2] / (x.shape[1] * x.shape[2]);
    return {
      y: 4 * kh * kw * channels,
      dx: 4 * size * kh * kw * filters,
      dkernel: pixels,
      dbias: pixels,
    };
  },
  refused: [
    {
      why: "size 0",
      inputShape: [1, 4, 4, 3],
      options: { filters: 2, kernelSize: 3, size: 0 },
      message: /size/,
    },
    {
      why: "an unknown interpolation",
      inputShape: [1, 4, 4, 3],
      options: { filters: 2, kernelSize: 3, interpolation: "cubic" },
      message: /interpolation/,
    },
    {
      why: "no filters",
      inputShape: [1, 4, 4, 3],
      options: { kernelSize: 3 },
      message: /filters is missing/,
    },
    {
      why: "vectors",
      inputShape: [1, 4],
      options: { filters: 2, kernelSize: 3 },
      message: /3 dim/,
    },
  ],
});
