/** Cases of batch normalisation: channels around the widths of vectors, ranks, offsets, options. */

import { batchNormalization, type BatchNormalizationOptions } from "../../mod.ts";
import { type Array32, randomNormal, randomUniform } from "../harness/random_array.ts";
import {
  applyBatchNormalization,
  trainBatchNormalization,
} from "../reference/batch_normalization.ts";
import { invalidCases } from "./descriptor.ts";
import { type LayerTable, layerTable, type Row } from "./layer_table.ts";

type Options = BatchNormalizationOptions;

const rows: Row<Options>[] = [
  ["one channel of two values", [[2, 1]], { epsilon: 1 }],
  ["one pixel", [[3, 1, 1, 3]], {}],
  ["one channel", [[2, 5, 3, 1]], {}],
  ["two channels", [[3, 3, 2, 2]], {}],
  ["three channels, rows that fill no line", [[5, 3, 3, 3]], {}],
  ["five channels", [[2, 4, 4, 5]], {}],
  ["seven channels", [[1, 3, 5, 7]], {}],
  ["one vector", [[2, 3, 3, 4]], {}],
  ["two vectors", [[5, 2, 2, 8]], {}],
  ["one more than two vectors", [[2, 3, 3, 9]], {}],
  ["one less than four vectors", [[2, 3, 1, 15]], {}],
  ["one more than four vectors", [[3, 2, 3, 17]], {}],
  ["eighteen channels", [[2, 3, 3, 18]], {}],
  ["twenty channels, half a strip", [[2, 2, 3, 20]], {}],
  ["many channels, few rows", [[3, 515]], {}],
  ["several parts", [[4, 33, 31, 24]], {}],
  ["several parts of odd rows", [[5, 83, 79, 3]], {}],
  ["vectors", [[7, 6]], {}],
  ["signals", [[3, 7, 6]], {}],
  ["volumes", [[2, 2, 3, 2, 5]], {}],
  ["without gamma", [[4, 3, 3, 6]], { scale: false }],
  ["without beta", [[4, 3, 3, 6]], { center: false }],
  ["without either", [[4, 3, 3, 6]], { center: false, scale: false }],
  ["PyTorch's way", [[4, 3, 3, 6]], { momentum: 0.9, epsilon: 1e-5, unbiasedVariance: true }],
  ["momentum 0", [[4, 3, 3, 6]], { momentum: 0 }],
  ["momentum 1", [[4, 3, 3, 6]], { momentum: 1 }],
];

const invalid = invalidCases([2, 3, 3, 4], [
  ["another axis", { axis: 1 }, /axis must be -1.*it is 1/],
  ["epsilon 0", { epsilon: 0 }, /epsilon/],
  ["epsilon NaN", { epsilon: NaN }, /epsilon/],
  ["a momentum above 1", { momentum: 1.5 }, /momentum.*1\.5/],
  ["a momentum below 0", { momentum: -0.1 }, /momentum/],
  ["center that is a number", { center: 1 }, /center/],
  ["scale that is a text", { scale: "yes" }, /scale/],
  ["an unknown initializer", { gammaInitializer: "one" }, /"one"/],
  ["unbiasedVariance that is a number", { unbiasedVariance: 1 }, /unbiasedVariance/],
]);

/** Variances are above 0. */
function parameter(name: string, shape: readonly number[], seed: number): Array32 {
  return name === "moving_variance"
    ? randomUniform(shape, seed, 0.5, 2)
    : randomNormal(shape, seed);
}

/** The table of tests/layers_test.ts. */
export const layer: LayerTable = layerTable<Options>({
  kind: "batch_normalization",
  make: batchNormalization,
  rows,
  refused: invalid,
  parameter,
  expected: ({ x, dy, parameters, options }) => trainBatchNormalization(x, dy, parameters, options),
  inference: ({ x, parameters, options }) => applyBatchNormalization(x, parameters, options),
  terms: ({ x }) => {
    const n = x.data.length / x.shape.at(-1)!;
    return { dgamma: n, dbeta: n, dx: 16 };
  },
  step: 3e-3,
});
