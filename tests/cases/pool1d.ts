/** Cases of pooling of signals. */

import { averagePool1d, maxPool1d } from "../../mod.ts";
import {
  apart,
  APART_STEP,
  asColumn,
  type SignalPoolOptions,
  signalSettings,
} from "../harness/pool_settings.ts";
import * as reference from "../reference/pool2d.ts";
import type { InvalidCase } from "./descriptor.ts";
import { type LayerTable, layerTable, type Row } from "./layer_table.ts";

const rows: readonly Row<SignalPoolOptions>[] = [
  ["every option at its default", [[2, 8, 3]], {}],
  ["one value", [[1, 1, 1]], { poolSize: 1 }],
  ["overlapping", [[5, 11, 5]], { poolSize: 4, strides: 2 }],
  ["same, uneven", [[2, 7, 4]], { poolSize: 3, strides: 2, padding: "same" }],
  ["gaps", [[1, 12, 9]], { poolSize: 2, strides: 5 }],
  ["padded", [[1, 6, 2]], { poolSize: 3, strides: 1, padding: 1 }],
  ["two different pads", [[2, 9, 8]], { poolSize: 4, strides: 3, padding: [3, 1] }],
  ["long: several chunks", [[2, 5000, 8]], { poolSize: 3, strides: 2 }],
];

const refused: readonly InvalidCase[] = [
  ...[0, 1.5, [2, 2]].map((poolSize) => ({
    why: `poolSize ${JSON.stringify(poolSize)}`,
    inputShape: [1, 8, 3],
    options: { poolSize },
    message: /poolSize/,
  })),
  { why: "strides 0", inputShape: [1, 8, 3], options: { strides: 0 }, message: /strides/ },
  ...["causal", -1, [1, 1, 1, 1], 2].map((padding) => ({
    why: `padding ${JSON.stringify(padding)}`,
    inputShape: [1, 8, 3],
    options: { padding },
    message: /padding/,
  })),
  { why: "too long", inputShape: [1, 3, 3], options: { poolSize: 4 }, message: /poolSize 4/ },
  { why: "pictures", inputShape: [1, 8, 8, 3], options: {}, message: /2 dimension/ },
];

/** The tables of tests/layers_test.ts. */
export const layers: readonly LayerTable[] = [
  layerTable<SignalPoolOptions>({
    kind: "max_pool1d",
    make: maxPool1d,
    rows,
    input: apart,
    step: APART_STEP,
    expected: ({ x, dy, options }) => {
      const settings = signalSettings(x.shape, options), column = asColumn(x);
      const dx = reference.maxPool2dGradient(column, asColumn(dy), settings);
      const y = reference.maxPool2d(column, settings);
      return { y: { ...y, shape: dy.shape }, dx: { ...dx, shape: x.shape } };
    },
    terms: ({ options }) => ({ dx: options.poolSize ?? 2 }),
    refused,
  }),
  layerTable<SignalPoolOptions>({
    kind: "average_pool1d",
    make: averagePool1d,
    rows: [
      ...rows,
      ["padding counted", [[1, 6, 2]], {
        poolSize: 3,
        strides: 1,
        padding: 1,
        countIncludePad: true,
      }],
    ],
    step: 0.5,
    linear: true,
    expected: ({ x, dy, options }) => {
      const settings = signalSettings(x.shape, options), column = asColumn(x);
      const dx = reference.averagePool2dGradient(column.shape, asColumn(dy), settings);
      const y = reference.averagePool2d(column, settings);
      return { y: { ...y, shape: dy.shape }, dx: { ...dx, shape: x.shape } };
    },
    terms: ({ options }) => ({ y: options.poolSize ?? 2, dx: options.poolSize ?? 2 }),
    refused,
  }),
];
