/** Cases of the layer that puts axes into another order. */

import { permute } from "../../mod.ts";
import { gather, gatherGradient, type Source } from "../reference/gather.ts";
import { layerTable } from "./layer_table.ts";

/** The table of tests/layers_test.ts. */
export const layer = layerTable<{ dims: number[] }>({
  kind: "permute",
  make: ({ dims }) => permute(dims),
  rows: [
    ["one of everything", [[1, 1, 1, 1]], { dims: [2, 3, 1] }],
    ["the same order", [[2, 3, 5]], { dims: [1, 2] }],
    ["one axis", [[3, 7]], { dims: [1] }],
    ["a matrix turned over", [[2, 5, 17]], { dims: [2, 1] }],
    ["whole tiles", [[2, 16, 32]], { dims: [2, 1] }],
    ["channels first", [[2, 5, 7, 3]], { dims: [3, 1, 2] }],
    ["channels last", [[2, 3, 5, 7]], { dims: [2, 3, 1] }],
    ["many channels first", [[1, 9, 5, 33]], { dims: [3, 1, 2] }],
    ["pixels turned, channels stay", [[2, 4, 3, 6]], { dims: [2, 1, 3] }],
    ["all turned over", [[5, 3, 4, 5]], { dims: [3, 2, 1] }],
    ["four axes", [[2, 3, 4, 2, 5]], { dims: [3, 1, 4, 2] }],
    ["four axes, backward", [[2, 5, 2, 3, 9]], { dims: [4, 3, 2, 1] }],
  ],
  step: 0.5,
  linear: true,
  expected: ({ x, dy, options: { dims } }) => {
    const source: Source = ([picture, ...place]) => [
      picture,
      ...dims.map((_, axis) => place[dims.indexOf(axis + 1)]),
    ];
    return { y: gather(x, dy.shape, source), dx: gatherGradient(dy, x.shape, source) };
  },
  refused: [
    { why: "no dims", inputShape: [1, 2, 3], options: {}, message: /dims/ },
    { why: "an axis twice", inputShape: [1, 2, 3], options: { dims: [1, 1] }, message: /once/ },
    { why: "the batch", inputShape: [1, 2, 3], options: { dims: [0, 1] }, message: /dims/ },
    { why: "too few", inputShape: [1, 2, 3], options: { dims: [1] }, message: /1 axis.*not 2/ },
    {
      why: "five axes",
      inputShape: [1, 1, 1, 1, 1, 1],
      options: { dims: [5, 1, 2, 3, 4] },
      message: /up to 4/,
    },
  ],
});
