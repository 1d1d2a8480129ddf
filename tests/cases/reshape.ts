/** Cases of the layers that only give values another shape. */

import { flatten, reshape } from "../../mod.ts";
import type { Given, LayerTable } from "./layer_table.ts";
import { layerTable } from "./layer_table.ts";

/** The same values in the output's shape, and back. */
const expected = ({ x, dy }: Given<unknown>) => ({
  y: { shape: dy.shape, data: x.data },
  dx: { shape: x.shape, data: dy.data },
});

/** The tables of tests/layers_test.ts. */
export const layers: readonly LayerTable[] = [
  layerTable<{ targetShape: number[] }>({
    kind: "reshape",
    make: ({ targetShape }) => reshape(targetShape),
    rows: [
      ["vector to maps", [[3, 24]], { targetShape: [2, 3, 4] }],
      ["one size follows", [[2, 5, 6]], { targetShape: [3, -1] }],
      ["the same", [[2, 5]], { targetShape: [5] }],
    ],
    step: 0.5,
    linear: true,
    expected,
    refused: [
      {
        why: "a size that does not fit",
        inputShape: [1, 5],
        options: { targetShape: [2, 3] },
        message: /5 values/,
      },
      {
        why: "two open sizes",
        inputShape: [1, 8],
        options: { targetShape: [-1, -1] },
        message: /-1/,
      },
      { why: "no sizes", inputShape: [1, 8], options: { targetShape: [] }, message: /targetShape/ },
    ],
  }),
  layerTable({
    kind: "flatten",
    make: flatten,
    rows: [["maps", [[2, 3, 4, 5]], {}], ["already flat", [[3, 7]], {}]],
    step: 0.5,
    linear: true,
    expected,
  }),
];
