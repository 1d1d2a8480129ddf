/** Cases of conv1d_transpose: stamps that touch, overlap and leave holes; lengths; channels. */

import { conv1dTranspose } from "../../mod.ts";
import {
  conv1dTranspose as reference,
  type Conv1dTransposeOptions,
} from "../reference/conv1d_transpose.ts";
import { invalidSignalCases } from "./conv1d.ts";
import { type LayerTable, layerTable, type Row } from "./layer_table.ts";

/** One conv1d_transpose layer applied to one input shape. */
export type Conv1dTransposeRow = Row<Conv1dTransposeOptions>;

/** Every legal case. */
export const conv1dTransposeRows: readonly Conv1dTransposeRow[] = [
  ["every option at its default", [[1, 4, 1]], { filters: 1, kernelSize: 3 }],
  ["one value, one tap", [[1, 1, 1]], { filters: 1, kernelSize: 1 }],
  ["from a vector to a signal", [[3, 1, 17]], { filters: 9, kernelSize: 16 }],
  ["pointwise", [[2, 5, 16]], { filters: 31, kernelSize: 1 }],
  ["decoder", [[2, 8, 6]], { filters: 5, kernelSize: 4, strides: 2, padding: "same" }],
  ["decoder, as PyTorch writes it", [[2, 8, 6]], {
    filters: 5,
    kernelSize: 4,
    strides: 2,
    padding: 1,
  }],
  ["stamps side by side", [[1, 5, 4]], { filters: 4, kernelSize: 3, strides: 3 }],
  ["uneven overlaps", [[1, 7, 3]], { filters: 4, kernelSize: 3, strides: 2, padding: "same" }],
  ["holes", [[1, 3, 2]], { filters: 5, kernelSize: 2, strides: 5, padding: "same" }],
  ["holes, valid", [[2, 4, 5]], { filters: 3, kernelSize: 1, strides: 2 }],
  ["output padding", [[1, 5, 3]], {
    filters: 7,
    kernelSize: 3,
    strides: 2,
    padding: [1, 1],
    outputPadding: 1,
  }],
  ["output padding beside same", [[1, 5, 3]], {
    filters: 4,
    kernelSize: 4,
    strides: 2,
    padding: "same",
    outputPadding: 1,
  }],
  ["output padding beside valid", [[2, 4, 2]], {
    filters: 3,
    kernelSize: 3,
    strides: 2,
    outputPadding: 0,
  }],
  ["different pads", [[2, 6, 5]], { filters: 4, kernelSize: 5, padding: [1, 3] }],
  ["dilated", [[2, 9, 8]], { filters: 16, kernelSize: 3, dilationRate: 3, padding: "same" }],
  ["groups, strided", [[2, 7, 8]], { filters: 12, kernelSize: 4, strides: 2, groups: 4 }],
  ["depthwise, two filters each", [[1, 9, 5]], { filters: 10, kernelSize: 3, groups: 5 }],
  ["everything at once", [[2, 8, 6]], {
    filters: 4,
    kernelSize: 3,
    strides: 3,
    padding: [2, 1],
    outputPadding: 2,
    dilationRate: 2,
    groups: 2,
  }],
  ["no bias", [[2, 5, 3]], { filters: 4, kernelSize: 3, strides: 2, useBias: false }],
  ["to one channel of a long signal", [[5, 64, 33]], {
    filters: 1,
    kernelSize: 8,
    strides: 4,
    padding: "same",
  }],
];

/** A table of these cases. */
export function conv1dTransposeTable(rows: readonly Conv1dTransposeRow[]): LayerTable {
  return layerTable<Conv1dTransposeOptions>({
    kind: "conv1d_transpose",
    make: conv1dTranspose,
    rows,
    expected: ({ x, parameters: { kernel, bias }, dy, options }) =>
      reference(x, kernel, bias, dy, options),
    terms: ({ x, parameters: { kernel }, dy }) => {
      const [taps, filters, channels] = kernel.shape;
      const values = ({ shape }: typeof x) => shape[0] * shape[1];
      return {
        y: taps * channels,
        dx: taps * filters,
        dkernel: values(x),
        dbias: values(dy),
      };
    },
    step: 0.5,
    refused: [
      ...invalidSignalCases,
      ...["causal", [9, 9]].map((padding) => ({
        why: `padding ${JSON.stringify(padding)}`,
        inputShape: [1, 4, 3],
        options: { filters: 4, kernelSize: 3, padding },
        message: /padding/,
      })),
      ...[2, -1, 0.5, [1]].map((outputPadding) => ({
        why: `outputPadding ${JSON.stringify(outputPadding)}`,
        inputShape: [1, 4, 3],
        options: { filters: 4, kernelSize: 3, strides: 2, outputPadding },
        message: /outputPadding/,
      })),
    ],
  });
}

/** The table of tests/layers_test.ts. */
export const layer = conv1dTransposeTable(conv1dTransposeRows);
