/** Cases of max and average pooling: windows that overlap, leave gaps, hang over the border. */

import { averagePool2d, maxPool2d } from "../../mod.ts";
import { apart, APART_STEP, type PoolOptions, poolSettings } from "../harness/pool_settings.ts";
import * as reference from "../reference/pool2d.ts";
import type { InvalidCase } from "./descriptor.ts";
import { type LayerTable, layerTable, type Row } from "./layer_table.ts";

/** Windows over pictures, for every layer that has such. */
export const windowRows: readonly Row<PoolOptions>[] = [
  ["every option at its default", [[2, 8, 6, 8]], {}],
  ["one pixel", [[1, 1, 1, 1]], { poolSize: 1 }],
  ["one pixel, same", [[1, 1, 1, 3]], { poolSize: 3, padding: "same" }],
  ["a row and a column left over", [[5, 5, 7, 3]], {}],
  ["overlapping", [[2, 7, 9, 5]], { poolSize: 3, strides: 2 }],
  ["overlapping, padded as PyTorch does", [[1, 7, 7, 4]], {
    poolSize: 3,
    strides: 2,
    padding: [1, 1, 1, 1],
  }],
  ["every pixel in nine windows", [[1, 6, 5, 7]], { poolSize: 3, strides: 1, padding: "same" }],
  ["gaps between windows", [[2, 8, 11, 6]], { poolSize: 2, strides: 3 }],
  ["gaps, same", [[1, 8, 8, 2]], { poolSize: 2, strides: 5, padding: "same" }],
  ["uneven, same", [[2, 5, 9, 9]], { padding: "same" }],
  ["four different pads", [[1, 5, 6, 3]], { poolSize: 4, strides: 2, padding: [0, 1, 2, 3] }],
  ["rows alone", [[1, 9, 4, 5]], { poolSize: [3, 1], strides: [2, 1] }],
  ["columns alone", [[1, 4, 9, 5]], { poolSize: [1, 3], strides: [1, 2] }],
  ["the whole picture", [[3, 4, 5, 17]], { poolSize: [4, 5] }],
  ["windows larger than the picture, same", [[1, 3, 2, 5]], { poolSize: 5, padding: "same" }],
  ["channels of several vectors", [[1, 6, 6, 33]], { poolSize: 3, strides: 2, padding: "same" }],
  ["several chunks", [[2, 40, 40, 24]], {}],
];

/** Options every such layer must refuse. */
export const invalidWindows: readonly InvalidCase[] = [
  ...[0, 1.5, [2, 0], "two"].map((poolSize) => ({
    why: `poolSize ${JSON.stringify(poolSize)}`,
    inputShape: [1, 4, 4, 3],
    options: { poolSize },
    message: /poolSize/,
  })),
  ...[0, -1, [1, 0.5]].map((strides) => ({
    why: `strides ${JSON.stringify(strides)}`,
    inputShape: [1, 4, 4, 3],
    options: { strides },
    message: /strides/,
  })),
  ...["full", -1, [1, 1, 1], [0, 0.5, 0, 0]].map((padding) => ({
    why: `padding ${JSON.stringify(padding)}`,
    inputShape: [1, 4, 4, 3],
    options: { padding },
    message: /padding/,
  })),
  ...[2, [0, 0, 0, 2]].map((padding) => ({
    why: `padding ${JSON.stringify(padding)} as wide as the windows`,
    inputShape: [1, 4, 4, 3],
    options: { padding },
    message: /padding.*less than poolSize/,
  })),
  {
    why: "windows larger than the picture",
    inputShape: [1, 4, 2, 3],
    options: { poolSize: 3 },
    message: /poolSize 3 does not fit in 2:/,
  },
  { why: "vectors", inputShape: [1, 4], options: {}, message: /3 dimension/ },
];

/** Values in a window that all cover the most of the picture. */
function windowSize(shape: readonly number[], options: PoolOptions): number {
  const { pool } = poolSettings(shape, options);
  return pool[0] * pool[1];
}

/** The tables of tests/layers_test.ts. */
export const layers: readonly LayerTable[] = [
  layerTable<PoolOptions>({
    kind: "max_pool2d",
    make: maxPool2d,
    rows: windowRows,
    input: apart,
    step: APART_STEP,
    expected: ({ x, dy, options }) => {
      const settings = poolSettings(x.shape, options);
      return {
        y: reference.maxPool2d(x, settings),
        dx: reference.maxPool2dGradient(x, dy, settings),
      };
    },
    terms: ({ x, options }) => ({ dx: windowSize(x.shape, options) }),
    refused: invalidWindows,
  }),
  layerTable<PoolOptions>({
    kind: "average_pool2d",
    make: averagePool2d,
    rows: [
      ...windowRows,
      ["padding counted", [[2, 7, 7, 5]], {
        poolSize: 3,
        strides: 2,
        padding: [1, 1, 1, 1],
        countIncludePad: true,
      }],
      ["padding counted, same", [[1, 5, 4, 3]], {
        poolSize: 4,
        strides: 3,
        padding: "same",
        countIncludePad: true,
      }],
    ],
    step: 0.5,
    linear: true,
    expected: ({ x, dy, options }) => {
      const settings = poolSettings(x.shape, options);
      return {
        y: reference.averagePool2d(x, settings),
        dx: reference.averagePool2dGradient(x.shape, dy, settings),
      };
    },
    terms: ({ x, options }) => {
      const terms = windowSize(x.shape, options);
      return { y: terms, dx: terms };
    },
    refused: [
      ...invalidWindows,
      {
        why: "countIncludePad 1",
        inputShape: [1, 4, 4, 3],
        options: { countIncludePad: 1 },
        message: /countIncludePad/,
      },
    ],
  }),
];
