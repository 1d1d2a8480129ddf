/** Cases of max unpooling. Switches are drawn over the whole output, so several may name one place. */

import { maxUnpool2d } from "../../mod.ts";
import type { PoolOptions } from "../harness/pool_settings.ts";
import { randomIntegers, randomNormal } from "../harness/random_array.ts";
import { array64, type Pair } from "../reference/array.ts";
import { pair } from "../reference/padding.ts";
import * as reference from "../reference/pool2d.ts";
import { layerTable, type Row } from "./layer_table.ts";

interface UnpoolOptions extends PoolOptions {
  readonly outputSize?: number | Pair;
}

const rows: readonly Row<UnpoolOptions>[] = ([
  ["every option at its default", [2, 4, 3, 8], {}],
  ["one pixel", [1, 1, 1, 1], { poolSize: 1 }],
  ["gaps", [2, 3, 4, 5], { poolSize: 2, strides: 3 }],
  ["overlapping windows, padded", [1, 4, 5, 3], {
    poolSize: 3,
    strides: 2,
    padding: [1, 1, 1, 1],
  }],
  ["four different pads", [1, 4, 3, 7], { poolSize: 4, strides: 2, padding: [0, 1, 2, 3] }],
  ["same", [1, 3, 5, 2], { padding: "same" }],
  ["a size of its own", [2, 3, 3, 4], { outputSize: [7, 5] }],
  ["smaller than its input", [1, 5, 5, 9], { outputSize: 2 }],
  ["channels of several lines", [2, 4, 4, 35], {}],
  ["several chunks", [3, 40, 40, 17], {}],
] as [string, number[], UnpoolOptions][]).map(([why, shape, options]) => [
  why,
  [shape, shape],
  options,
]);

/** Height and width of the output, written out. */
function sizeOf(shape: readonly number[], options: UnpoolOptions): Pair {
  const { poolSize = 2, strides = poolSize, padding = [0, 0, 0, 0], outputSize } = options;
  if (outputSize !== undefined) return pair(outputSize);
  const size = ([0, 1] as const).map((axis) =>
    padding === "same" || padding === "valid"
      ? shape[1 + axis] * pair(strides)[axis]
      : (shape[1 + axis] - 1) * pair(strides)[axis] + pair(poolSize)[axis] -
        padding[axis] - padding[axis + 2]
  );
  return [size[0], size[1]];
}

/** The table of tests/layers_test.ts. */
export const layer = layerTable<UnpoolOptions>({
  kind: "max_unpool2d",
  make: maxUnpool2d,
  rows,
  input: (i, shape, seed, options) => {
    if (i === 0) return randomNormal(shape, seed);
    const [height, width] = sizeOf(shape, options);
    return randomIntegers(shape, seed, height * width);
  },
  step: 0.5,
  linear: true,
  constant: [1],
  expected: ({ inputs: [values, switches], dy, options }) => {
    const shape = [values.shape[0], ...sizeOf(values.shape, options), values.shape[3]];
    return {
      y: reference.maxUnpool2d(values, switches, shape),
      dx: reference.maxUnpool2dGradient(switches, dy),
      dx1: array64(switches.shape),
    };
  },
  terms: () => ({ y: 16 }),
  refused: [
    { why: "one input", inputShape: [1, 4, 4, 3], options: {}, message: /takes 2 input/ },
    {
      why: "outputSize 0",
      inputShape: [1, 4, 4, 3],
      options: { outputSize: [0, 4] },
      message: /outputSize/,
    },
    {
      why: "poolSize 0",
      inputShape: [1, 4, 4, 3],
      options: { poolSize: 0 },
      message: /poolSize/,
    },
  ],
});
