/** Cases of the addition layer. */

import { add } from "../../mod.ts";
import { array64 } from "../reference/array.ts";
import { layerTable } from "./layer_table.ts";

/** The table of tests/layers_test.ts. */
export const layer = layerTable({
  kind: "add",
  make: add,
  rows: [
    ["two maps", [[2, 3, 4, 5], [2, 3, 4, 5]], {}],
    ["three vectors, a remainder", [[3, 7], [3, 7], [3, 7]], {}],
  ],
  step: 0.5,
  expected: ({ inputs, dy }) => ({
    y: array64(dy.shape, dy.data.map((_, i) => inputs.reduce((sum, { data }) => sum + data[i], 0))),
    ...Object.fromEntries(inputs.map((_, i) => [i ? `dx${i}` : "dx", dy])),
  }),
});
