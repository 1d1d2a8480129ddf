/** Cases of resampling: upsampling by whole numbers, and to any size. */

import { resizing, upsampling1d, upsampling2d } from "../../mod.ts";
import { asColumn } from "../harness/pool_settings.ts";
import type { Pair } from "../reference/array.ts";
import * as reference from "../reference/resample.ts";
import type { InvalidCase } from "./descriptor.ts";
import { type LayerTable, layerTable, type Row } from "./layer_table.ts";

interface Upsampling {
  readonly size?: number | Pair;
  readonly interpolation?: "nearest" | "bilinear";
}

interface Resizing {
  readonly height: number;
  readonly width: number;
  readonly interpolation?: "nearest" | "bilinear";
  readonly coordinates?: "half_pixel" | "asymmetric" | "align_corners";
}

/** Every row with both interpolations. */
function inBothWays<O>(rows: readonly Row<O>[]): Row<O>[] {
  return (["nearest", "bilinear"] as const).flatMap((interpolation) =>
    rows.map(([why, shapes, options]): Row<O> => [why, shapes, { ...options, interpolation }])
  );
}

const sizeOf = (shape: readonly number[]): Pair => [shape[1], shape[2]];

/** An output pixel is made of at most four, an input pixel goes into so many. */
const terms = (taps: number) => ({ y: 4, dx: taps });

const wrongInterpolation = (inputShape: number[], options = {}): InvalidCase => ({
  why: "an unknown interpolation",
  inputShape,
  options: { ...options, interpolation: "lanczos" },
  message: /interpolation.*nearest/,
});

/** The tables of tests/layers_test.ts. */
export const layers: readonly LayerTable[] = [
  layerTable<Upsampling>({
    kind: "upsampling2d",
    make: upsampling2d,
    rows: [
      ["every option at its default", [[2, 3, 4, 8]], {}],
      ...inBothWays<Upsampling>([
        ["one pixel", [[1, 1, 1, 1]], { size: 3 }],
        ["as it is", [[1, 3, 4, 5]], { size: 1 }],
        ["twice", [[5, 3, 2, 7]], { size: 2 }],
        ["three times, odd", [[1, 4, 5, 3]], { size: 3 }],
        ["unevenly", [[2, 3, 5, 9]], { size: [2, 4] }],
        ["rows alone", [[1, 5, 4, 6]], { size: [3, 1] }],
        ["several chunks", [[2, 12, 12, 33]], { size: 3 }],
      ]),
    ],
    step: 0.5,
    linear: true,
    expected: ({ x, dy, options: { interpolation = "nearest" } }) => ({
      y: reference.resample(x, sizeOf(dy.shape), interpolation),
      dx: reference.resampleGradient(dy, sizeOf(x.shape), interpolation),
    }),
    terms: () => terms(36),
    refused: [
      ...[0, 1.5, [2, 0]].map((size) => ({
        why: `size ${JSON.stringify(size)}`,
        inputShape: [1, 4, 4, 3],
        options: { size },
        message: /size/,
      })),
      wrongInterpolation([1, 4, 4, 3]),
      { why: "vectors", inputShape: [1, 4], options: {}, message: /3 dimension/ },
    ],
  }),
  layerTable<Upsampling>({
    kind: "upsampling1d",
    make: upsampling1d,
    rows: [
      ["every option at its default", [[2, 5, 3]], {}],
      ...inBothWays<Upsampling>([
        ["one value", [[1, 1, 1]], { size: 4 }],
        ["three times", [[5, 7, 9]], { size: 3 }],
        ["long", [[2, 3000, 8]], { size: 2 }],
      ]),
    ],
    step: 0.5,
    linear: true,
    expected: ({ x, dy, options: { interpolation = "nearest" } }) => {
      const y = reference.resample(asColumn(x), [dy.shape[1], 1], interpolation);
      const dx = reference.resampleGradient(asColumn(dy), [x.shape[1], 1], interpolation);
      return { y: { ...y, shape: dy.shape }, dx: { ...dx, shape: x.shape } };
    },
    terms: () => terms(8),
    refused: [
      { why: "size 0", inputShape: [1, 4, 3], options: { size: 0 }, message: /size/ },
      { why: "two sizes", inputShape: [1, 4, 3], options: { size: [2, 2] }, message: /size/ },
      wrongInterpolation([1, 4, 3]),
      { why: "pictures", inputShape: [1, 4, 4, 3], options: {}, message: /2 dimension/ },
    ],
  }),
  layerTable<Resizing>({
    kind: "resizing",
    make: resizing,
    rows: [
      ["every option at its default", [[2, 4, 5, 3]], { height: 7, width: 9 }],
      ...inBothWays<Resizing>([
        ["one pixel to many", [[1, 1, 1, 5]], { height: 3, width: 4 }],
        ["many pixels to one", [[2, 6, 5, 4]], { height: 1, width: 1 }],
        ["as it is", [[1, 5, 4, 7]], { height: 5, width: 4 }],
        ["to a part, pixels left out", [[1, 9, 11, 5]], { height: 4, width: 3 }],
        ["higher and narrower", [[5, 5, 8, 1]], { height: 8, width: 5 }],
        ["by a half and more", [[1, 6, 10, 33]], { height: 9, width: 14 }],
        ["from corners on", [[2, 6, 5, 7]], { height: 9, width: 10, coordinates: "asymmetric" }],
        ["fewer from corners on", [[1, 7, 9, 3]], {
          height: 4,
          width: 3,
          coordinates: "asymmetric",
        }],
      ]),
      ...([[8, 9], [1, 1], [3, 2], [4, 5]] as const).map(([height, width]): Row<Resizing> => [
        "corner on corner",
        [[2, 4, 5, 5]],
        { height, width, coordinates: "align_corners" },
      ]),
      ["corner on corner, of one pixel", [[1, 1, 1, 3]], {
        height: 2,
        width: 3,
        coordinates: "align_corners",
      }],
    ],
    step: 0.5,
    linear: true,
    expected: ({ x, dy, options: { interpolation = "bilinear", coordinates } }) => ({
      y: reference.resample(x, sizeOf(dy.shape), interpolation, coordinates),
      dx: reference.resampleGradient(dy, sizeOf(x.shape), interpolation, coordinates),
    }),
    terms: () => terms(36),
    refused: [
      { why: "no width", inputShape: [1, 4, 4, 3], options: { height: 4 }, message: /width/ },
      {
        why: "height 0",
        inputShape: [1, 4, 4, 3],
        options: { height: 0, width: 4 },
        message: /height/,
      },
      wrongInterpolation([1, 4, 4, 3], { height: 4, width: 4 }),
      ...[{ coordinates: "centres" }, { coordinates: "align_corners", interpolation: "nearest" }]
        .map((more) => ({
          why: `coordinates ${more.coordinates}`,
          inputShape: [1, 4, 4, 3],
          options: { height: 4, width: 4, ...more },
          message: /coordinates must be "half_pixel"/,
        })),
    ],
  }),
];
