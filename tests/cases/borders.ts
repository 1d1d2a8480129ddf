/** Cases of the layers that put something around pictures, or cut it off. */

import { cropping2d, reflectionPadding2d, type Sides, zeroPadding2d } from "../../mod.ts";
import { gather, gatherGradient, type Source } from "../reference/gather.ts";
import { type Given, type LayerTable, layerTable, type Row } from "./layer_table.ts";

type Padded = { padding?: Sides };

/** `[top, left]` of what a user may write. */
function corner(sides: Sides): [number, number] {
  if (typeof sides === "number") return [sides, sides];
  const [rows, columns] = sides as readonly (number | readonly number[])[];
  return [rows, columns].map((s) => typeof s === "number" ? s : s[0]) as [number, number];
}

/** Values and gradients, given where in a row or column of x the one at a place of y is from. */
function moved<O>(
  { x, dy }: Given<O>,
  sides: Sides,
  along: (place: number, start: number, size: number) => number | null,
) {
  const [top, left] = corner(sides), [, height, width] = x.shape;
  const source: Source = ([picture, row, column, channel]) => {
    const r = along(row, top, height), c = along(column, left, width);
    return r === null || c === null ? null : [picture, r, c, channel];
  };
  return { y: gather(x, dy.shape, source), dx: gatherGradient(dy, x.shape, source) };
}

const pads: readonly Row<Padded>[] = [
  ["the default", [[2, 3, 4, 5]], {}],
  ["nothing", [[2, 3, 4, 5]], { padding: 0 }],
  ["one channel", [[5, 4, 3, 1]], { padding: 2 }],
  ["three channels", [[2, 5, 6, 3]], { padding: 1 }],
  ["whole vectors", [[1, 4, 4, 16]], { padding: 2 }],
  ["one more than a vector", [[2, 4, 5, 17]], { padding: [1, 2] }],
  ["top only", [[2, 3, 4, 2]], { padding: [2, 0, 0, 0] }],
  ["left only", [[2, 3, 4, 1]], { padding: [0, 2, 0, 0] }],
  ["bottom only", [[2, 3, 4, 3]], { padding: [0, 0, 2, 0] }],
  ["right only", [[2, 3, 4, 7]], { padding: [0, 0, 0, 3] }],
  ["four counts", [[2, 4, 5, 3]], { padding: [2, 1, 1, 3] }],
  ["as Keras writes it", [[2, 4, 5, 3]], { padding: [[2, 1], [0, 3]] }],
  ["lines of more than 64 values", [[2, 5, 17, 5]], { padding: [1, 2, 3, 4] }],
];

const forms = (name: string) => [
  {
    why: "a negative count",
    inputShape: [1, 4, 4, 1],
    options: { [name]: -1 },
    message: new RegExp(name),
  },
  {
    why: "half a count",
    inputShape: [1, 4, 4, 1],
    options: { [name]: 0.5 },
    message: new RegExp(name),
  },
  {
    why: "three counts",
    inputShape: [1, 4, 4, 1],
    options: { [name]: [1, 2, 3] },
    message: new RegExp(name),
  },
  {
    why: "pairs of three",
    inputShape: [1, 4, 4, 1],
    options: { [name]: [[1, 2, 3], [1, 1]] },
    message: new RegExp(name),
  },
  {
    why: "a word",
    inputShape: [1, 4, 4, 1],
    options: { [name]: "same" },
    message: new RegExp(name),
  },
  { why: "no picture", inputShape: [1, 4, 4], options: {}, message: /3 dimension/ },
];

/** The tables of tests/layers_test.ts. */
export const layers: readonly LayerTable[] = [
  layerTable<Padded>({
    kind: "zero_padding2d",
    make: zeroPadding2d,
    rows: [
      ...pads,
      ["more than the picture", [[2, 1, 1, 3]], { padding: 3 }],
      ["more than a chunk", [[2, 33, 31, 20]], { padding: 2 }],
    ],
    step: 0.5,
    linear: true,
    expected: (given) =>
      moved(given, given.options.padding ?? 1, (place, start, size) => {
        const at = place - start;
        return at >= 0 && at < size ? at : null;
      }),
    refused: forms("padding"),
  }),
  layerTable<Padded>({
    kind: "reflection_padding2d",
    make: reflectionPadding2d,
    rows: [
      ...pads,
      ["as much as can be", [[2, 3, 4, 3]], { padding: [2, 3] }],
      ["as much as can be, one channel", [[1, 4, 4, 1]], { padding: 3 }],
      ["one pixel, nothing", [[1, 1, 1, 2]], { padding: 0 }],
      ["more than a chunk", [[2, 33, 31, 20]], { padding: 2 }],
    ],
    step: 0.5,
    linear: true,
    terms: () => ({ dx: 9 }),
    expected: (given) =>
      moved(given, given.options.padding ?? 1, (place, start, size) => {
        const at = Math.abs(place - start);
        return at < size ? at : 2 * (size - 1) - at;
      }),
    refused: [
      ...forms("padding"),
      {
        why: "as many rows as there are",
        inputShape: [1, 3, 9, 1],
        options: { padding: 3 },
        message: /less than the 3x9/,
      },
      {
        why: "as many columns as there are",
        inputShape: [1, 9, 3, 1],
        options: { padding: [0, 0, 0, 3] },
        message: /less than the 9x3/,
      },
    ],
  }),
  layerTable<{ cropping?: Sides }>({
    kind: "cropping2d",
    make: cropping2d,
    rows: [
      ["the default, nothing", [[2, 3, 4, 5]], {}],
      ["all sides", [[2, 5, 6, 3]], { cropping: 1 }],
      ["one channel", [[5, 5, 4, 1]], { cropping: [2, 1] }],
      ["one pixel is left", [[2, 3, 5, 7]], { cropping: [1, 2] }],
      ["four counts", [[2, 8, 9, 3]], { cropping: [2, 1, 0, 3] }],
      ["as Keras writes it", [[1, 8, 9, 5]], { cropping: [[1, 3], [0, 2]] }],
      ["whole vectors", [[2, 6, 6, 16]], { cropping: 2 }],
      ["rows only", [[2, 6, 3, 17]], { cropping: [2, 0, 1, 0] }],
      ["more than a chunk", [[2, 35, 33, 20]], { cropping: 1 }],
    ],
    step: 0.5,
    linear: true,
    expected: (given) => moved(given, given.options.cropping ?? 0, (place, start) => place + start),
    refused: [
      ...forms("cropping"),
      {
        why: "everything",
        inputShape: [1, 4, 5, 1],
        options: { cropping: 2 },
        message: /nothing of 4x5/,
      },
    ],
  }),
];
