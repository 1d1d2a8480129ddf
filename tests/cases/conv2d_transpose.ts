/** Cases of conv2d_transpose: what a fast kernel or its geometry is likely to get wrong. Data only. */

import { conv2dTranspose } from "../../mod.ts";
import { conv2dTransposeSubject } from "../harness/conv_subjects.ts";
import type { LayerTable } from "./layer_table.ts";
import {
  type ConvOptions,
  describeConv,
  type InvalidCase,
  type LayerCase,
  type Pair,
} from "./descriptor.ts";

/** The options of the conv2d_transpose layer. */
export interface Conv2dTransposeOptions extends ConvOptions {
  /** Default as Keras: what "same" and "valid" need; 0 beside explicit pads. */
  readonly outputPadding?: number | Pair;
}

/** One conv2d_transpose layer applied to one input shape. */
export type Conv2dTransposeCase = LayerCase<Conv2dTransposeOptions>;

const rows: [why: string, inputShape: number[], options: Conv2dTransposeOptions][] = [
  // Everyday
  ["every option at its default", [1, 4, 4, 1], { filters: 1, kernelSize: 3 }],
  ["article, last layer", [1, 16, 16, 128], { filters: 3, kernelSize: 3, padding: "same" }],
  ["decoder", [2, 4, 4, 6], { filters: 5, kernelSize: 4, strides: 2, padding: "same" }],
  ["decoder, as PyTorch writes it", [2, 4, 4, 6], {
    filters: 5,
    kernelSize: 4,
    strides: 2,
    padding: [1, 1, 1, 1],
  }],
  ["several tiles", [1, 8, 8, 64], { filters: 64, kernelSize: 4, strides: 2, padding: "same" }],
  ["no bias", [2, 3, 4, 3], { filters: 4, kernelSize: 3, strides: 2, useBias: false }],

  // Stamps that touch, overlap unevenly, leave holes
  ["stamps side by side", [1, 5, 3, 4], { filters: 4, kernelSize: 2, strides: 2 }],
  ["checkerboard", [1, 5, 3, 3], { filters: 4, kernelSize: 3, strides: 2, padding: "same" }],
  ["crop of 3", [1, 4, 4, 2], { filters: 2, kernelSize: 5, strides: 2, padding: "same" }],
  ["holes, same", [1, 3, 3, 2], { filters: 5, kernelSize: 2, strides: 3, padding: "same" }],
  ["article's text: one pixel in four", [1, 4, 4, 5], { filters: 3, kernelSize: 1, strides: 2 }],
  ["the same without its last row", [1, 4, 4, 5], {
    filters: 3,
    kernelSize: 1,
    strides: 2,
    padding: [0, 0, 0, 0],
  }],
  ["holes, output padding larger than kernel", [1, 3, 4, 4], {
    filters: 6,
    kernelSize: 2,
    strides: 4,
    padding: [0, 0, 0, 0],
    outputPadding: [2, 3],
    groups: 2,
  }],

  // Output padding
  ["doubling with odd kernel", [1, 5, 5, 3], {
    filters: 7,
    kernelSize: 3,
    strides: 2,
    padding: [1, 1, 1, 1],
    outputPadding: 1,
  }],
  ["asymmetric", [2, 4, 6, 8], {
    filters: 8,
    kernelSize: [5, 3],
    strides: [3, 2],
    padding: [1, 0, 1, 0],
    outputPadding: [2, 1],
  }],
  ["beside same", [1, 4, 5, 3], {
    filters: 4,
    kernelSize: 3,
    strides: 2,
    padding: "same",
    outputPadding: [1, 0],
  }],
  ["beside valid", [2, 3, 4, 2], { filters: 3, kernelSize: 3, strides: 2, outputPadding: [1, 0] }],

  // Picture against kernel
  ["one pixel, one tap", [1, 1, 1, 1], { filters: 1, kernelSize: 1 }],
  ["from a vector to a picture", [3, 1, 1, 17], { filters: 9, kernelSize: 4 }],
  ["pointwise", [2, 5, 6, 16], { filters: 31, kernelSize: 1 }],
  ["one row", [1, 1, 19, 4], { filters: 3, kernelSize: [1, 4], strides: [1, 2] }],
  ["even kernel, stride 1", [1, 4, 5, 3], { filters: 2, kernelSize: 4, padding: "same" }],
  ["asymmetric", [2, 6, 5, 5], {
    filters: 7,
    kernelSize: [3, 5],
    strides: [1, 2],
    padding: "same",
  }],

  // Pads
  ["four different pads", [1, 6, 5, 3], { filters: 4, kernelSize: 4, padding: [0, 1, 2, 3] }],
  ["cropped to one pixel", [1, 2, 2, 2], { filters: 3, kernelSize: 3, padding: [2, 1, 1, 2] }],
  ["whole stamps cropped away", [1, 7, 7, 2], {
    filters: 3,
    kernelSize: 2,
    padding: [2, 2, 2, 2],
  }],

  // Dilation
  ["dilated", [1, 6, 6, 4], {
    filters: 6,
    kernelSize: 3,
    padding: [2, 2, 2, 2],
    dilationRate: 2,
  }],
  ["dilated, same", [1, 5, 5, 3], { filters: 2, kernelSize: 3, dilationRate: 2, padding: "same" }],
  ["asymmetric dilation", [1, 4, 5, 3], { filters: 5, kernelSize: [2, 3], dilationRate: [2, 3] }],
  ["dilated and strided", [1, 4, 5, 3], {
    filters: 2,
    kernelSize: 3,
    strides: 2,
    padding: [1, 2, 3, 0],
    dilationRate: 2,
  }],

  // Groups
  ["groups", [1, 4, 4, 8], {
    filters: 8,
    kernelSize: 4,
    strides: 2,
    padding: [1, 1, 1, 1],
    groups: 4,
  }],
  ["groups of odd size", [1, 5, 4, 9], { filters: 15, kernelSize: 2, strides: 3, groups: 3 }],
  ["depthwise", [2, 5, 5, 7], {
    filters: 7,
    kernelSize: 3,
    strides: 2,
    padding: "same",
    groups: 7,
  }],
  ["depthwise, two filters each", [1, 4, 3, 5], {
    filters: 10,
    kernelSize: 3,
    padding: "same",
    groups: 5,
  }],

  // Channels around the widths of vectors and tiles
  ["33 to 65", [1, 4, 4, 33], { filters: 65, kernelSize: 3, strides: 2, padding: "same" }],
  ["65 to 1", [1, 6, 5, 65], { filters: 1, kernelSize: 3, padding: "same" }],
  ["batch of 5, 1 to 17", [5, 3, 4, 1], {
    filters: 17,
    kernelSize: 3,
    strides: 2,
    padding: "same",
  }],
  ["8 to 16", [2, 3, 5, 8], { filters: 16, kernelSize: 4, strides: 2, padding: "same" }],
];

/** Every legal case. */
export const conv2dTransposeCases: readonly Conv2dTransposeCase[] = rows.map(
  ([why, inputShape, options]) => ({
    name: describeConv(inputShape, options),
    why,
    inputShape,
    options,
  }),
);

/** Options that must be refused. */
export const invalidConv2dTransposeCases: readonly InvalidCase[] = [
  ...[0, -3, 2.5].map((filters) => ({
    why: `filters ${filters}`,
    inputShape: [1, 4, 4, 3],
    options: { filters, kernelSize: 3 },
    message: /filters/,
  })),
  ...[0, 1.5, [3, 0]].map((kernelSize) => ({
    why: `kernelSize ${JSON.stringify(kernelSize)}`,
    inputShape: [1, 4, 4, 3],
    options: { filters: 4, kernelSize },
    message: /kernelSize/,
  })),
  ...[0, 1.5, [1, -1]].map((strides) => ({
    why: `strides ${JSON.stringify(strides)}`,
    inputShape: [1, 4, 4, 3],
    options: { filters: 4, kernelSize: 3, strides },
    message: /strides/,
  })),
  {
    why: "dilationRate 0",
    inputShape: [1, 4, 4, 3],
    options: { filters: 4, kernelSize: 3, dilationRate: 0 },
    message: /dilationRate/,
  },
  ...[0, 1.5, 4].map((groups) => ({
    why: `groups ${groups} of 6 channels`,
    inputShape: [1, 4, 4, 6],
    options: { filters: 8, kernelSize: 3, groups },
    message: /groups/,
  })),
  {
    why: "groups that do not divide the filters",
    inputShape: [1, 4, 4, 6],
    options: { filters: 8, kernelSize: 3, groups: 3 },
    message: /groups/,
  },
  ...[2, [0, 3], -1, 0.5].map((outputPadding) => ({
    why: `outputPadding ${JSON.stringify(outputPadding)} with strides 2`,
    inputShape: [1, 4, 4, 3],
    options: { filters: 4, kernelSize: 3, strides: 2, padding: [1, 1, 1, 1], outputPadding },
    message: /outputPadding/,
  })),
  ...["full", [0, 0, -1, 0], [0, 0.5, 0, 0], [1, 1, 1]].map((padding) => ({
    why: `padding ${JSON.stringify(padding)}`,
    inputShape: [1, 4, 4, 3],
    options: { filters: 4, kernelSize: 3, padding },
    message: /padding/,
  })),
  {
    why: "pads that crop everything",
    inputShape: [1, 2, 4, 3],
    options: { filters: 4, kernelSize: 2, padding: [2, 0, 1, 0] },
    message: /padding/,
  },
];

/** The table of tests/layers_test.ts. */
export const layer: LayerTable = {
  kind: "conv2d_transpose",
  make: conv2dTranspose,
  refused: invalidConv2dTransposeCases,
  subjects: () => conv2dTransposeCases.map((c) => ({ ...conv2dTransposeSubject(c), why: c.why })),
};
