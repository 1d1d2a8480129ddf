/** Cases of the joining layer. */

import { concatenate } from "../../mod.ts";
import { array64, type NumberArray } from "../reference/array.ts";
import { gather } from "../reference/gather.ts";
import { layerTable } from "./layer_table.ts";

/** The inputs one behind the other along an axis, the batch being 0. */
function joined(inputs: readonly NumberArray[], axis: number, shape: readonly number[]) {
  const y = array64(shape);
  let start = 0;
  for (const x of inputs) {
    const size = x.shape[axis], first = start;
    // What is not of this input is zero here, and added up.
    const own = gather(x, shape, (place) => {
      const at = place[axis] - first;
      return at >= 0 && at < size ? place.with(axis, at) : null;
    });
    own.data.forEach((value, i) => y.data[i] += value);
    start += size;
  }
  return y;
}

/** The table of tests/layers_test.ts. */
export const layer = layerTable<{ axis?: number }>({
  kind: "concatenate",
  make: concatenate,
  rows: [
    ["one of everything", [[1, 1], [1, 1]], {}],
    ["channels", [[2, 3, 4, 5], [2, 3, 4, 3]], {}],
    ["whole vectors", [[2, 3, 3, 8], [2, 3, 3, 16]], {}],
    ["one value beside whole vectors", [[5, 2, 3, 1], [5, 2, 3, 16]], {}],
    ["three, odd", [[3, 7], [3, 2], [3, 5]], {}],
    ["rows", [[2, 3, 4, 5], [2, 1, 4, 5]], { axis: 1 }],
    ["columns, from the last", [[2, 3, 4, 5], [2, 3, 2, 5]], { axis: -2 }],
    ["channels by number", [[5, 3, 3, 5], [5, 3, 3, 4]], { axis: 3 }],
    ["long lines", [[2, 9, 16, 17], [2, 5, 16, 17]], { axis: 1 }],
    ["a sequence", [[2, 5, 3], [2, 4, 3]], { axis: -2 }],
  ],
  step: 0.5,
  expected: ({ inputs, dy, options: { axis: given = -1 } }) => {
    const axis = given < 0 ? given + dy.shape.length : given;
    let start = 0;
    const gradients = inputs.map((x, i) => {
      const first = start;
      start += x.shape[axis];
      const dx = gather(dy, x.shape, (place) => place.with(axis, place[axis] + first));
      return [i ? `dx${i}` : "dx", dx];
    });
    return { y: joined(inputs, axis, dy.shape), ...Object.fromEntries(gradients) };
  },
  refused: [
    { why: "one input", inputShape: [1, 4], options: {}, message: /2 or more/ },
    { why: "the batch", inputShape: [1, 4], options: { axis: 0 }, message: /batch/ },
    { why: "half an axis", inputShape: [1, 4], options: { axis: 1.5 }, message: /axis.*1.5/ },
  ],
});
