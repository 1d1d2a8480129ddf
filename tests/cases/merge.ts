/** Cases of the layers that add and multiply their inputs. */

import { add, multiply } from "../../mod.ts";
import { elements } from "../reference/array.ts";
import * as reference from "../reference/merge.ts";
import { type LayerTable, layerTable, type Row } from "./layer_table.ts";

const rows: readonly Row<object>[] = [
  ["one of everything", [[1, 1], [1, 1]], {}],
  ["two maps", [[2, 3, 4, 5], [2, 3, 4, 5]], {}],
  ["three vectors, a remainder", [[3, 7], [3, 7], [3, 7]], {}],
  ["a gate for each channel", [[2, 3, 5, 7], [2, 1, 1, 7]], {}],
  ["the gate first, whole vectors", [[2, 1, 1, 16], [2, 3, 3, 16]], {}],
  ["a gate for each channel, one axis", [[2, 3, 4, 33], [2, 33]], {}],
  ["a gate for each pixel", [[2, 4, 3, 5], [2, 4, 3, 1]], {}],
  ["pixels of one channel", [[5, 4, 3, 1], [5, 1, 1, 1]], {}],
  ["one value for a picture", [[2, 3, 3, 17], [2, 1]], {}],
  ["rows and columns", [[2, 5, 1, 3], [2, 1, 4, 3]], {}],
  ["rows of channels", [[2, 4, 5, 3], [2, 4, 1, 3]], {}],
  ["columns only", [[2, 4, 5, 3], [2, 1, 5, 1]], {}],
  ["three, each one value somewhere", [[2, 4, 5, 1], [2, 4, 1, 3], [2, 1, 5, 3]], {}],
  ["three, two gates", [[2, 4, 3, 9], [2, 9], [2, 4, 3, 1]], {}],
  ["many pixels, more than a part", [[2, 19, 33, 5], [2, 1, 1, 5]], {}],
  ["many channels, more than a block", [[2, 3, 2, 1030], [2, 1, 1, 1030]], {}],
  ["many channels in a sum", [[2, 2, 3, 1030], [2, 2, 3, 1]], {}],
];

const table = (kind: "add" | "multiply", make: typeof add): LayerTable =>
  layerTable({
    kind,
    make,
    rows,
    step: kind === "add" ? 0.5 : 1e-2,
    terms: ({ inputs, dy }) =>
      Object.fromEntries(
        inputs.map((x, i) => [i ? `dx${i}` : "dx", elements(dy.shape) / elements(x.shape)]),
      ),
    expected: ({ inputs, dy }) => ({
      y: reference.merge(kind, inputs, dy.shape),
      ...Object.fromEntries(
        reference.mergeGradients(kind, inputs, dy).map((dx, i) => [i ? `dx${i}` : "dx", dx]),
      ),
    }),
    refused: [{ why: "one input", inputShape: [1, 3], options: {}, message: /2 or more/ }],
  });

/** The tables of tests/layers_test.ts. */
export const layers: readonly LayerTable[] = [table("add", add), table("multiply", multiply)];
