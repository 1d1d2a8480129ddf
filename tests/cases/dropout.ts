/** Cases of the layers that set values, or whole channels, to 0 at random. */

import { dropout, random, spatialDropout1d, spatialDropout2d } from "../../mod.ts";
import { TRAINING } from "../harness/run_layer.ts";
import type { NumberArray } from "../reference/array.ts";
import { type LayerTable, layerTable, type Row } from "./layer_table.ts";

interface Options {
  readonly rate: number;
}

/** x with what is drawn below the rate set to 0; `draw` says which number an element has. */
function dropped(kind: string, x: NumberArray, rate: number, draw: (i: number) => number) {
  const numbers = random(TRAINING.seed, `${kind}_1`), scale = Math.fround(1 / (1 - rate));
  const data = Float64Array.from(
    x.data,
    (v, i) => numbers.uniform(TRAINING.step, draw(i)) < rate ? 0 : v * scale,
  );
  return { shape: x.shape, data };
}

const table = (
  kind: string,
  make: (options: Options) => ReturnType<typeof dropout>,
  rows: readonly Row<Options>[],
  draw: (shape: readonly number[]) => (i: number) => number,
  refused: LayerTable["refused"] = [],
): LayerTable =>
  layerTable<Options>({
    kind,
    make,
    rows,
    step: 0.5,
    linear: true,
    expected: ({ x, dy, options: { rate } }) => ({
      y: dropped(kind, x, rate, draw(x.shape)),
      dx: dropped(kind, dy, rate, draw(x.shape)),
    }),
    inference: ({ x }) => x,
    refused: [
      ...[1, -0.1, NaN, "half", undefined].map((rate) => ({
        why: `a rate of ${rate}`,
        inputShape: [1, 2, 2, 2],
        options: { rate },
        message: /rate/,
      })),
      ...refused,
    ],
  });

/** The number of a channel of a picture. */
const ofChannel = (shape: readonly number[]) => {
  const channels = shape[shape.length - 1];
  const picture = shape.slice(1).reduce((a, b) => a * b, 1);
  return (i: number) => Math.floor(i / picture) * channels + i % channels;
};

/** The tables of tests/layers_test.ts. */
export const layers: readonly LayerTable[] = [
  table("dropout", ({ rate }) => dropout(rate), [
    ["one of everything", [[1, 1]], { rate: 0.5 }],
    ["odd", [[5, 7]], { rate: 0.3 }],
    ["pictures", [[2, 3, 5, 7]], { rate: 0.5 }],
    ["whole lines", [[4, 4, 4, 4]], { rate: 0.25 }],
    ["nothing", [[3, 5]], { rate: 0 }],
    ["nearly everything", [[5, 33]], { rate: 0.9 }],
    ["more than a chunk", [[3, 61, 60, 3]], { rate: 0.4 }],
  ], () => (i) => i),
  table(
    "spatial_dropout1d",
    ({ rate }) => spatialDropout1d(rate),
    [
      ["one of everything", [[1, 1, 1]], { rate: 0.5 }],
      ["signals", [[5, 9, 7]], { rate: 0.3 }],
      ["nothing", [[2, 5, 4]], { rate: 0 }],
    ],
    ofChannel,
    [{ why: "pictures", inputShape: [1, 2, 2, 2], options: { rate: 0.5 }, message: /2 dimension/ }],
  ),
  table(
    "spatial_dropout2d",
    ({ rate }) => spatialDropout2d(rate),
    [
      ["one of everything", [[1, 1, 1, 1]], { rate: 0.5 }],
      ["odd", [[5, 3, 4, 7]], { rate: 0.3 }],
      ["whole vectors", [[2, 3, 3, 16]], { rate: 0.5 }],
      ["one channel", [[5, 4, 3, 1]], { rate: 0.5 }],
      ["nothing", [[2, 3, 3, 5]], { rate: 0 }],
      ["more than a chunk", [[2, 33, 32, 20]], { rate: 0.4 }],
    ],
    ofChannel,
    [{ why: "signals", inputShape: [1, 2, 2], options: { rate: 0.5 }, message: /3 dimension/ }],
  ),
];
