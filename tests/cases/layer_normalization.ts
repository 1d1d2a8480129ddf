/** Cases of layer normalisation: widths around those of vectors, axes, many rows and long ones. */

import { layerNormalization, type LayerNormalizationOptions } from "../../mod.ts";
import * as reference from "../reference/layer_normalization.ts";
import { invalidCases } from "./descriptor.ts";
import { type LayerTable, layerTable, type Row } from "./layer_table.ts";

type Options = LayerNormalizationOptions;

const rows: Row<Options>[] = [
  ["two values", [[3, 2]], { epsilon: 1 }],
  ["three values", [[5, 3]], {}],
  ["one vector", [[2, 4]], {}],
  ["one more than a vector", [[1, 5]], {}],
  ["one less than two vectors", [[5, 7]], {}],
  ["one more than four vectors", [[3, 17]], {}],
  ["many rows", [[129, 257]], {}],
  ["a long row", [[2, 5003]], {}],
  ["pictures, over channels", [[2, 3, 5, 6]], {}],
  ["pictures, over channels of odd number, in several parts", [[3, 61, 37, 7]], {}],
  ["pictures as a whole", [[3, 3, 5, 3]], { axis: [1, 2, 3] }],
  ["pictures as a whole, from the end", [[2, 3, 2, 4]], { axis: [-1, -2, -3] }],
  ["lines", [[2, 3, 5, 3]], { axis: [2, 3] }],
  ["the last axis by its number", [[2, 3, 4]], { axis: 2 }],
  ["without gamma", [[4, 9]], { scale: false }],
  ["without beta", [[4, 9]], { center: false }],
  ["without either", [[4, 9]], { center: false, scale: false }],
  ["another epsilon", [[4, 9]], { epsilon: 1e-5 }],
];

const invalid = invalidCases([2, 3, 3, 4], [
  ["an axis that is not the last", { axis: 1 }, /axis must name the last axes.*it is 1/],
  ["axes with a gap", { axis: [1, 3] }, /last axes.*\[1,3\]/],
  ["an axis twice", { axis: [-1, -1] }, /last axes/],
  ["the batch", { axis: [0, 1, 2, 3] }, /never the batch/],
  ["an axis there is not", { axis: 4 }, /last axes/],
  ["no axes", { axis: [] }, /axis/],
  ["half an axis", { axis: 1.5 }, /axis.*1\.5/],
  ["an axis as text", { axis: "-1" }, /axis/],
  ["epsilon that is a text", { epsilon: "1" }, /epsilon/],
]);

/** The table of tests/layers_test.ts. */
export const layer: LayerTable = layerTable<Options>({
  kind: "layer_normalization",
  make: layerNormalization,
  rows,
  refused: invalid,
  expected: ({ x, dy, parameters, options: { axis = -1, epsilon = 1e-3 } }) => {
    const axes = typeof axis === "number" ? 1 : axis.length;
    const width = x.shape.slice(-axes).reduce((a, b) => a * b, 1);
    return reference.layerNormalization(x, dy, parameters, width, epsilon);
  },
  terms: ({ x, parameters: { gamma, beta } }) => {
    const width = (gamma ?? beta)?.data.length ?? 1, n = x.data.length / width;
    return { dgamma: n, dbeta: n, dx: 16 };
  },
  step: 3e-3,
});
