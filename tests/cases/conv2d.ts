/** Cases of conv2d: shapes and options that a fast kernel is likely to get wrong. Data only. */

import { conv2d } from "../../mod.ts";
import { conv2dSubject } from "../harness/conv_subjects.ts";
import type { LayerTable } from "./layer_table.ts";
import { type ConvOptions, describeConv, type InvalidCase, type LayerCase } from "./descriptor.ts";

/** The options of the conv2d layer. */
export type Conv2dOptions = ConvOptions;

/** One conv2d layer applied to one input shape. */
export type Conv2dCase = LayerCase<Conv2dOptions>;

const rows: [why: string, inputShape: number[], options: Conv2dOptions][] = [
  // Everyday
  ["every option at its default", [1, 5, 5, 1], { filters: 1, kernelSize: 3 }],
  ["first layer", [2, 8, 8, 3], { filters: 8, kernelSize: 3, padding: "same" }],
  ["halving, odd sizes", [2, 9, 7, 3], { filters: 5, kernelSize: 3, strides: 2, padding: "same" }],
  ["halving, even sizes", [1, 8, 6, 4], { filters: 8, kernelSize: 3, strides: 2, padding: "same" }],
  ["stem", [1, 17, 15, 3], { filters: 16, kernelSize: 7, strides: 2, padding: "same" }],
  ["no bias", [2, 6, 6, 3], { filters: 4, kernelSize: 3, useBias: false }],
  ["article, layer 1", [2, 32, 32, 3], { filters: 32, kernelSize: 3, padding: "same" }],
  ["several tiles", [1, 16, 16, 64], { filters: 64, kernelSize: 3, padding: "same" }],

  // Picture against kernel
  ["one pixel, one tap", [1, 1, 1, 1], { filters: 1, kernelSize: 1 }],
  ["one pixel, nine taps", [3, 1, 1, 5], { filters: 7, kernelSize: 3, padding: "same" }],
  ["kernel larger than picture", [1, 3, 3, 2], { filters: 2, kernelSize: 5, padding: "same" }],
  ["the same with explicit pads", [1, 2, 3, 2], {
    filters: 3,
    kernelSize: [4, 5],
    padding: [2, 1, 1, 2],
  }],
  ["kernel as large as picture", [2, 6, 5, 7], { filters: 17, kernelSize: [6, 5] }],
  ["one row", [1, 1, 37, 4], { filters: 6, kernelSize: [1, 5], padding: "same" }],
  ["one column", [2, 29, 1, 3], {
    filters: 8,
    kernelSize: [3, 1],
    strides: [2, 1],
    padding: "same",
  }],
  ["even kernel", [1, 4, 4, 2], { filters: 3, kernelSize: 4, padding: "same" }],
  ["even kernel, more below and right", [2, 5, 6, 3], {
    filters: 9,
    kernelSize: 2,
    padding: "same",
  }],

  // Pointwise
  ["pointwise", [2, 6, 5, 17], { filters: 31, kernelSize: 1 }],
  ["pointwise that skips pixels", [1, 7, 6, 8], { filters: 9, kernelSize: 1, strides: 2 }],

  // Strides
  ["stride larger than kernel", [1, 9, 11, 3], { filters: 7, kernelSize: 2, strides: 3 }],
  ["the same, padded", [2, 7, 7, 2], { filters: 5, kernelSize: 1, strides: 3, padding: "same" }],
  ["asymmetric, padded", [3, 6, 10, 5], {
    filters: 7,
    kernelSize: [5, 3],
    strides: [1, 2],
    padding: "same",
  }],
  ["asymmetric", [1, 11, 4, 7], { filters: 3, kernelSize: [2, 3], strides: [3, 1] }],
  ["last columns never read", [1, 8, 9, 3], { filters: 4, kernelSize: 3, strides: [2, 4] }],

  // Pads
  ["four different pads", [1, 6, 6, 2], { filters: 3, kernelSize: 3, padding: [0, 1, 2, 3] }],
  ["outputs that see only padding", [1, 3, 3, 1], {
    filters: 2,
    kernelSize: 2,
    padding: [3, 3, 3, 3],
  }],

  // Dilation
  ["dilated", [1, 12, 12, 8], { filters: 16, kernelSize: 3, dilationRate: 2, padding: "same" }],
  ["asymmetric dilation", [1, 9, 10, 3], { filters: 5, kernelSize: 3, dilationRate: [3, 2] }],
  ["dilated and strided", [2, 11, 10, 3], {
    filters: 8,
    kernelSize: 3,
    strides: 2,
    padding: [2, 2, 2, 2],
    dilationRate: 2,
  }],
  ["reach beyond the picture", [1, 4, 4, 3], {
    filters: 2,
    kernelSize: 3,
    dilationRate: 4,
    padding: "same",
  }],

  // Groups
  ["groups", [2, 8, 8, 8], { filters: 12, kernelSize: 3, strides: 2, padding: "same", groups: 4 }],
  ["groups of odd size", [1, 5, 5, 9], { filters: 21, kernelSize: 3, groups: 3 }],
  ["everything at once", [2, 8, 9, 6], {
    filters: 4,
    kernelSize: [3, 2],
    strides: [2, 1],
    padding: [1, 0, 2, 1],
    dilationRate: [1, 2],
    groups: 2,
  }],
  ["depthwise", [2, 8, 8, 8], { filters: 8, kernelSize: 3, padding: "same", groups: 8 }],
  ["depthwise, two filters each", [1, 6, 7, 5], {
    filters: 10,
    kernelSize: 3,
    padding: "same",
    groups: 5,
  }],
  ["depthwise, strided, remainder", [1, 7, 7, 33], {
    filters: 33,
    kernelSize: 3,
    strides: 2,
    padding: "same",
    groups: 33,
  }],

  // Channels around the widths of vectors and tiles
  ["65 to 33", [1, 5, 5, 65], { filters: 33, kernelSize: 3, padding: "same" }],
  ["16 to 17", [2, 7, 7, 16], { filters: 17, kernelSize: 3, padding: "same" }],
  ["1 to 65", [1, 6, 6, 1], { filters: 65, kernelSize: 3 }],
  ["31 to 1", [1, 8, 5, 31], { filters: 1, kernelSize: 3, padding: "same" }],
  ["batch of 5", [5, 5, 4, 3], { filters: 9, kernelSize: 3, strides: 2, padding: "same" }],
];

/** Every legal case. */
export const conv2dCases: readonly Conv2dCase[] = rows.map(([why, inputShape, options]) => ({
  name: describeConv(inputShape, options),
  why,
  inputShape,
  options,
}));

/** Options that must be refused. */
export const invalidConv2dCases: readonly InvalidCase[] = [
  ...[0, -3, 2.5, NaN].map((filters) => ({
    why: `filters ${filters}`,
    inputShape: [1, 8, 8, 3],
    options: { filters, kernelSize: 3 },
    message: /filters/,
  })),
  ...[0, -1, 1.5, [3, 0], [3], [3, 3, 3]].map((kernelSize) => ({
    why: `kernelSize ${JSON.stringify(kernelSize)}`,
    inputShape: [1, 8, 8, 3],
    options: { filters: 4, kernelSize },
    message: /kernelSize/,
  })),
  ...[0, 1.5, [1, -1]].map((strides) => ({
    why: `strides ${JSON.stringify(strides)}`,
    inputShape: [1, 8, 8, 3],
    options: { filters: 4, kernelSize: 3, strides },
    message: /strides/,
  })),
  ...[0, 0.5, [2, 0]].map((dilationRate) => ({
    why: `dilationRate ${JSON.stringify(dilationRate)}`,
    inputShape: [1, 8, 8, 3],
    options: { filters: 4, kernelSize: 3, dilationRate },
    message: /dilationRate/,
  })),
  ...[0, 1.5, 4].map((groups) => ({
    why: `groups ${groups} of 6 channels`,
    inputShape: [1, 8, 8, 6],
    options: { filters: 8, kernelSize: 3, groups },
    message: /groups/,
  })),
  {
    why: "groups that do not divide the filters",
    inputShape: [1, 8, 8, 6],
    options: { filters: 8, kernelSize: 3, groups: 3 },
    message: /groups/,
  },
  ...["full", [-1, 0, 0, 0], [0.5, 0, 0, 0], [1, 1, 1], 1.5].map((padding) => ({
    why: `padding ${JSON.stringify(padding)}`,
    inputShape: [1, 8, 8, 3],
    options: { filters: 4, kernelSize: 3, padding },
    message: /padding/,
  })),
  {
    why: "kernel larger than the picture, not padded",
    inputShape: [1, 8, 4, 3],
    options: { filters: 4, kernelSize: 5 },
    message: /kernel/,
  },
  {
    why: "dilated kernel larger than the padded picture",
    inputShape: [1, 5, 9, 3],
    options: { filters: 4, kernelSize: 3, dilationRate: 4, padding: [1, 0, 1, 0] },
    message: /kernel/,
  },
];

/** The table of tests/layers_test.ts. */
export const layer: LayerTable = {
  kind: "conv2d",
  make: conv2d,
  refused: invalidConv2dCases,
  subjects: () => conv2dCases.map((c) => ({ ...conv2dSubject(c), why: c.why })),
};
