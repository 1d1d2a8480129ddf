/** Cases of conv1d: lengths, pads and channels that the passes over one row are likely to get wrong. */

import { conv1d } from "../../mod.ts";
import { conv1d as reference, type Conv1dOptions } from "../reference/conv1d.ts";
import type { InvalidCase } from "./descriptor.ts";
import { type LayerTable, layerTable, type Row } from "./layer_table.ts";

/** One conv1d layer applied to one input shape. */
export type Conv1dRow = Row<Conv1dOptions>;

/** Every legal case. */
export const conv1dRows: readonly Conv1dRow[] = [
  ["every option at its default", [[1, 6, 1]], { filters: 1, kernelSize: 3 }],
  ["one value, one tap", [[1, 1, 1]], { filters: 1, kernelSize: 1 }],
  ["one value, five taps", [[3, 1, 5]], { filters: 7, kernelSize: 5, padding: "same" }],
  ["pointwise", [[2, 11, 17]], { filters: 31, kernelSize: 1 }],
  ["kernel as long as the signal", [[5, 7, 3]], { filters: 4, kernelSize: 7 }],
  ["even kernel", [[2, 9, 4]], { filters: 5, kernelSize: 4, padding: "same" }],
  ["halving, odd length", [[2, 15, 3]], {
    filters: 8,
    kernelSize: 3,
    strides: 2,
    padding: "same",
  }],
  ["halving, even length", [[2, 16, 3]], {
    filters: 8,
    kernelSize: 4,
    strides: 2,
    padding: "same",
  }],
  ["stride larger than kernel", [[1, 20, 3]], { filters: 5, kernelSize: 2, strides: 3 }],
  ["last values never read", [[1, 12, 2]], { filters: 3, kernelSize: 3, strides: 4 }],
  ["stem of a long signal", [[2, 257, 1]], { filters: 16, kernelSize: 16, strides: 4 }],
  ["causal", [[2, 10, 3]], { filters: 4, kernelSize: 3, padding: "causal" }],
  ["causal, dilated", [[2, 19, 5]], {
    filters: 6,
    kernelSize: 2,
    padding: "causal",
    dilationRate: 4,
  }],
  ["causal, strided", [[1, 13, 4]], {
    filters: 3,
    kernelSize: 4,
    padding: "causal",
    strides: 2,
  }],
  ["causal, reach beyond the signal", [[2, 3, 2]], {
    filters: 2,
    kernelSize: 5,
    padding: "causal",
    dilationRate: 2,
  }],
  ["pads of both ends", [[2, 8, 3]], { filters: 4, kernelSize: 3, padding: 2 }],
  ["different pads", [[1, 8, 3]], { filters: 4, kernelSize: 4, padding: [0, 5], strides: 2 }],
  ["outputs that see only padding", [[1, 3, 1]], { filters: 2, kernelSize: 2, padding: [4, 3] }],
  ["dilated", [[2, 33, 8]], { filters: 16, kernelSize: 3, dilationRate: 5, padding: "same" }],
  ["groups", [[2, 14, 8]], { filters: 12, kernelSize: 3, groups: 4, padding: "same" }],
  ["groups of odd size, strided", [[1, 15, 9]], {
    filters: 21,
    kernelSize: 3,
    groups: 3,
    strides: 2,
  }],
  ["depthwise", [[2, 21, 33]], { filters: 33, kernelSize: 5, groups: 33, padding: "same" }],
  ["no bias", [[2, 9, 3]], { filters: 4, kernelSize: 3, useBias: false }],
  ["many channels", [[2, 40, 65]], { filters: 33, kernelSize: 3, padding: "same" }],
  ["batch of 5, one channel out", [[5, 30, 16]], { filters: 1, kernelSize: 9, padding: "same" }],
];

const refused = (
  name: string,
  values: readonly unknown[],
  others: Readonly<Record<string, unknown>> = {},
): InvalidCase[] =>
  values.map((value) => ({
    why: `${name} ${JSON.stringify(value)}`,
    inputShape: [1, 8, 6],
    options: { filters: 4, kernelSize: 3, ...others, [name]: value },
    message: new RegExp(name),
  }));

/** Options that neither conv1d nor its transpose takes. */
export const invalidSignalCases: readonly InvalidCase[] = [
  ...refused("filters", [0, -3, 2.5, undefined]),
  ...refused("kernelSize", [0, 1.5, [3], [3, 3], undefined]),
  ...refused("strides", [0, 1.5, [2, 2]]),
  ...refused("dilationRate", [0, 0.5, [1, 2]]),
  ...refused("groups", [0, 1.5, 4]),
  ...refused("groups", [3], { filters: 8 }),
  ...refused("padding", ["full", -1, 1.5, [1], [-1, 0], [1, 0, 0, 1]]),
  {
    why: "pictures",
    inputShape: [1, 8, 8, 3],
    options: { filters: 4, kernelSize: 3 },
    message: /2 dimension\(s\) \[length, channels\] after the batch, not 3/,
  },
];

/** A table of these cases. */
export function conv1dTable(rows: readonly Conv1dRow[]): LayerTable {
  return layerTable<Conv1dOptions>({
    kind: "conv1d",
    make: conv1d,
    rows,
    expected: ({ x, parameters: { kernel, bias }, dy, options }) =>
      reference(x, kernel, bias, dy, options),
    terms: ({ parameters: { kernel }, dy }) => {
      const [taps, channels, filters] = kernel.shape, outputs = dy.shape[0] * dy.shape[1];
      return { y: taps * channels, dx: taps * filters, dkernel: outputs, dbias: outputs };
    },
    step: 0.5,
    refused: [
      ...invalidSignalCases,
      {
        why: "a kernel longer than the signal",
        inputShape: [1, 4, 3],
        options: { filters: 4, kernelSize: 3, dilationRate: 2 },
        message: /kernelSize 3 \(5 with dilationRate\) does not fit in a length of 4:/,
      },
    ],
  });
}

/** The table of tests/layers_test.ts. */
export const layer = conv1dTable(conv1dRows);
