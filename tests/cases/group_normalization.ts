/** Cases of group normalisation: groups of one channel, of some and of all, and odd channels. */

import { groupNormalization, type GroupNormalizationOptions } from "../../mod.ts";
import * as reference from "../reference/group_normalization.ts";
import { invalidCases } from "./descriptor.ts";
import { type LayerTable, layerTable, type Row } from "./layer_table.ts";

type Options = GroupNormalizationOptions;

const rows: Row<Options>[] = [
  ["one group", [[2, 3, 3, 4]], { groups: 1 }],
  ["one group of vectors", [[3, 6]], { groups: 1 }],
  ["a group of each channel", [[2, 4, 3, 5]], { groups: -1 }],
  ["three groups of two", [[5, 3, 5, 6]], { groups: 3 }],
  ["two groups of three", [[1, 3, 5, 6]], { groups: 2 }],
  ["three groups of three", [[2, 3, 5, 9]], { groups: 3 }],
  ["groups of seven", [[2, 3, 2, 21]], { groups: 3 }],
  ["as many as there are by default", [[2, 3, 2, 64]], {}],
  ["one pixel", [[3, 1, 1, 8]], { groups: 2 }],
  ["several parts a picture", [[2, 47, 51, 20]], { groups: 5 }],
  ["signals", [[4, 9, 6]], { groups: 2 }],
  ["volumes", [[2, 3, 2, 2, 6]], { groups: 3 }],
  ["without gamma", [[2, 4, 3, 6]], { groups: 2, scale: false }],
  ["without beta", [[2, 4, 3, 6]], { groups: 2, center: false }],
  ["another epsilon", [[2, 4, 3, 6]], { groups: 2, epsilon: 1e-5 }],
];

const invalid = invalidCases([2, 3, 3, 4], [
  ["groups that do not divide the channels", { groups: 3 }, /4 channels.*3 equal groups/],
  ["more groups than channels", {}, /4 channels.*32 equal groups/],
  ["no groups", { groups: 0 }, /groups.*it is 0/],
  ["groups -2", { groups: -2 }, /groups/],
  ["half a group", { groups: 1.5 }, /groups/],
  ["another axis", { groups: 2, axis: 1 }, /axis must be -1/],
  ["epsilon below 0", { groups: 2, epsilon: -1 }, /epsilon/],
]);

/** The table of tests/layers_test.ts. */
export const layer: LayerTable = layerTable<Options>({
  kind: "group_normalization",
  make: groupNormalization,
  rows,
  refused: invalid,
  expected: ({ x, dy, parameters, options: { groups = 32, epsilon = 1e-3 } }) => {
    const count = groups === -1 ? x.shape.at(-1)! : groups;
    return reference.groupNormalization(x, dy, parameters, count, epsilon);
  },
  terms: ({ x }) => {
    const n = x.data.length / x.shape.at(-1)!;
    return { dgamma: n, dbeta: n, dx: 16 };
  },
  step: 3e-3,
});
