/** Cases of the relu with learned slopes. */

import { prelu, type PreluOptions } from "../../mod.ts";
import { randomUniform } from "../harness/random_array.ts";
import { elements } from "../reference/array.ts";
import * as reference from "../reference/prelu.ts";
import { layerTable } from "./layer_table.ts";

/** The table of tests/layers_test.ts. */
export const layer = layerTable<PreluOptions>({
  kind: "prelu",
  make: prelu,
  rows: [
    ["one of everything", [[1, 1]], {}],
    ["a slope for every value", [[5, 3, 4, 5]], {}],
    ["a slope for every value, one picture", [[1, 3, 3, 7]], {}],
    ["a slope for each channel", [[2, 5, 6, 7]], { sharedAxes: [1, 2] }],
    ["whole vectors", [[2, 3, 5, 16]], { sharedAxes: [1, 2] }],
    ["one channel", [[2, 5, 7, 1]], { sharedAxes: [1, 2] }],
    ["one slope for all", [[2, 3, 4, 5]], { sharedAxes: [1, 2, 3] }],
    ["rows shared", [[2, 4, 3, 5]], { sharedAxes: [1] }],
    ["columns shared", [[3, 4, 5, 6]], { sharedAxes: [2] }],
    ["channels shared", [[3, 4, 5, 17]], { sharedAxes: [3] }],
    ["rows and channels shared", [[2, 4, 5, 3]], { sharedAxes: [3, 1] }],
    ["a vector", [[5, 33]], {}],
    ["a sequence", [[2, 9, 5]], { sharedAxes: [1] }],
    ["many pixels", [[2, 31, 33, 20]], { sharedAxes: [1, 2] }],
  ],
  // Away from the kink by more than a step.
  input: (_i, shape, seed) => {
    const x = randomUniform(shape, seed, -1, 1);
    return { shape, data: x.data.map((v) => v + Math.sign(v) * 0.1) };
  },
  step: 5e-3,
  terms: ({ x, parameters: { alpha } }) => ({
    dalpha: elements(x.shape) / elements(alpha.shape),
  }),
  expected: ({ x, dy, parameters: { alpha } }) => ({
    y: reference.prelu(x, alpha),
    ...reference.preluGradients(x, alpha, dy),
  }),
  refused: [
    {
      why: "the batch",
      inputShape: [1, 4, 3],
      options: { sharedAxes: [0] },
      message: /sharedAxes.*\[0\]/,
    },
    {
      why: "an axis that is not there",
      inputShape: [1, 4, 3],
      options: { sharedAxes: [1, 3] },
      message: /axis 3.*there are 2/,
    },
    { why: "a number", inputShape: [1, 4], options: { sharedAxes: 1 }, message: /sharedAxes/ },
    {
      why: "no initializer",
      inputShape: [1, 4],
      options: { alphaInitializer: "nil" },
      message: /nil/,
    },
  ],
});
