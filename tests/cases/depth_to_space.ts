/** Cases of moving channels to blocks of pixels and back. */

import { depthToSpace, spaceToDepth } from "../../mod.ts";
import * as reference from "../reference/resample.ts";
import type { InvalidCase } from "./descriptor.ts";
import { type LayerTable, layerTable, type Row } from "./layer_table.ts";

interface BlockOptions {
  readonly blockSize: number;
  readonly order?: "DCR" | "CRD";
}

/** Shapes of deep pictures and block sizes. */
const cases: readonly (readonly [why: string, deep: number[], blockSize: number])[] = [
  ["one block", [1, 1, 1, 4], 2],
  ["blocks of one", [2, 3, 4, 5], 1],
  ["odd", [5, 3, 2, 12], 2],
  ["blocks of three", [1, 2, 5, 27], 3],
  ["many channels", [2, 4, 4, 132], 2],
  ["several chunks", [2, 24, 20, 48], 4],
];

const rows = (toShape: (deep: number[], b: number) => number[]) =>
  cases.flatMap(([why, deep, blockSize]): Row<BlockOptions>[] => [
    [why, [toShape(deep, blockSize)], { blockSize }],
    [why, [toShape(deep, blockSize)], { blockSize, order: "CRD" }],
  ]);

const refused = (inputShape: number[], misfit: InvalidCase): readonly InvalidCase[] => [
  misfit,
  ...[0, 1.5, undefined].map((blockSize) => ({
    why: `blockSize ${blockSize}`,
    inputShape,
    options: { blockSize },
    message: /blockSize/,
  })),
  {
    why: "an unknown order",
    inputShape,
    options: { blockSize: 2, order: "RCD" },
    message: /order.*DCR/,
  },
  { why: "vectors", inputShape: [1, 4], options: { blockSize: 2 }, message: /3 dimension/ },
];

/** The tables of tests/layers_test.ts. */
export const layers: readonly LayerTable[] = [
  layerTable<BlockOptions>({
    kind: "depth_to_space",
    make: depthToSpace,
    rows: rows((deep) => deep),
    step: 0.5,
    linear: true,
    expected: ({ x, dy, options: { blockSize, order = "DCR" } }) => ({
      y: reference.depthToSpace(x, blockSize, order),
      dx: reference.spaceToDepth(dy, blockSize, order),
    }),
    refused: refused([1, 2, 2, 4], {
      why: "channels that are no whole blocks",
      inputShape: [1, 2, 2, 6],
      options: { blockSize: 2 },
      message: /multiple of 4 channels, not 6/,
    }),
  }),
  layerTable<BlockOptions>({
    kind: "space_to_depth",
    make: spaceToDepth,
    rows: rows(([n, height, width, depth], b) => [n, height * b, width * b, depth / (b * b)]),
    step: 0.5,
    linear: true,
    expected: ({ x, dy, options: { blockSize, order = "DCR" } }) => ({
      y: reference.spaceToDepth(x, blockSize, order),
      dx: reference.depthToSpace(dy, blockSize, order),
    }),
    refused: refused([1, 2, 2, 4], {
      why: "pictures that are no whole blocks",
      inputShape: [1, 4, 5, 6],
      options: { blockSize: 2 },
      message: /divide 4x5/,
    }),
  }),
];
