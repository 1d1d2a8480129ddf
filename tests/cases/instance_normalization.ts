/** Cases of instance normalisation: channels around the widths of vectors, places, ranks. */

import { instanceNormalization, type NormalizationOptions } from "../../mod.ts";
import * as reference from "../reference/instance_normalization.ts";
import { type LayerTable, layerTable, type Row } from "./layer_table.ts";

const rows: Row<NormalizationOptions>[] = [
  ["one channel", [[1, 3, 5, 1]], {}],
  ["two channels", [[2, 3, 3, 2]], {}],
  ["three channels, pictures that fill no line", [[5, 3, 3, 3]], {}],
  ["three channels, fewer pixels than a line", [[2, 1, 5, 3]], {}],
  ["one vector", [[2, 3, 3, 4]], {}],
  ["one less than two vectors", [[2, 5, 3, 7]], {}],
  ["two vectors", [[5, 2, 3, 8]], {}],
  ["one more than two vectors", [[3, 3, 3, 9]], {}],
  ["one more than four vectors", [[2, 5, 2, 17]], {}],
  ["several parts a picture", [[2, 47, 51, 20]], {}],
  ["signals", [[4, 9, 6]], {}],
  ["volumes", [[2, 3, 2, 2, 5]], {}],
  ["without gamma", [[2, 4, 3, 6]], { scale: false }],
  ["without beta", [[2, 4, 3, 6]], { center: false }],
  ["without either, another epsilon", [[2, 4, 3, 6]], {
    center: false,
    scale: false,
    epsilon: 1e-5,
  }],
];

/** The table of tests/layers_test.ts. */
export const layer: LayerTable = layerTable<NormalizationOptions>({
  kind: "instance_normalization",
  make: instanceNormalization,
  rows,
  refused: [
    {
      why: "vectors",
      inputShape: [2, 5],
      options: {},
      message: /places to average over.*layerNormalization/,
    },
    { why: "epsilon 0", inputShape: [2, 3, 3, 4], options: { epsilon: 0 }, message: /epsilon/ },
    {
      why: "center that is a text",
      inputShape: [2, 3, 3, 4],
      options: { center: "no" },
      message: /center must be true or false/,
    },
  ],
  expected: ({ x, dy, parameters, options }) =>
    reference.instanceNormalization(x, dy, parameters, options.epsilon ?? 1e-3),
  terms: ({ x }) => {
    const n = x.data.length / x.shape.at(-1)!;
    return { dgamma: n, dbeta: n, dx: 16 };
  },
  step: 3e-3,
});
