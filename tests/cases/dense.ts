/** Cases of the dense layer: sizes around the widths of vectors and tiles. */

import { dense } from "../../mod.ts";
import { denseInputs } from "../harness/case_inputs.ts";
import type { LayerSubject } from "../harness/run_layer.ts";
import * as reference from "../reference/dense.ts";
import type { InvalidCase, LayerCase } from "./descriptor.ts";
import type { LayerTable } from "./layer_table.ts";

/** The options of the dense layer. */
export interface DenseOptions {
  readonly units: number;
  /** Default true. */
  readonly useBias?: boolean;
}

/** One dense layer applied to one input shape, whose last axis holds the inputs. */
export type DenseCase = LayerCase<DenseOptions>;

const rows: [why: string, inputShape: number[], units: number, useBias?: boolean][] = [
  ["one of everything", [1, 1], 1],
  ["one input", [5, 1], 9],
  ["one unit", [6, 8], 1],
  ["one sample", [1, 64], 10],
  ["odd", [3, 7], 5],
  ["one tile exactly", [6, 16], 8],
  ["one less than a tile", [5, 15], 7],
  ["one more than a tile", [7, 17], 9],
  ["two tiles", [12, 32], 16],
  ["remainders on every side", [8, 33], 17],
  ["remainders on every side, larger", [31, 65], 33],
  ["two units", [4, 9], 2],
  ["three units", [2, 5], 3],
  ["long sum", [2, 1025], 3],
  ["wide", [3, 5], 257],
  ["tall", [129, 3], 4],
  ["no bias", [4, 6], 8, false],
  ["head of a classifier", [64, 128], 10],
  ["several blocks", [33, 300], 130],
  ["more than two axes", [2, 3, 4, 5], 6],
];

/** Every legal case; the name is as `m3k7n5`, with `_nobias` where that is so. */
export const denseCases: readonly DenseCase[] = rows.map(([why, inputShape, units, useBias]) => ({
  name: `m${inputShape.slice(0, -1).join("x")}k${inputShape.at(-1)}n${units}` +
    (useBias === false ? "_nobias" : ""),
  why,
  inputShape,
  options: useBias === undefined ? { units } : { units, useBias },
}));

/** Options that must be refused. */
export const invalidDenseCases: readonly InvalidCase[] = [0, -1, 1.5, NaN, "ten", undefined].map(
  (units) => ({ why: `units ${units}`, inputShape: [2, 5], options: { units }, message: /units/ }),
);

function denseSubject(c: DenseCase): LayerSubject {
  const { x, kernel, bias, dy } = denseInputs(c);
  const rows = c.inputShape.slice(0, -1).reduce((a, b) => a * b, 1);
  return {
    name: c.name,
    make: () => dense(c.options),
    x,
    dy,
    parameters: bias ? { kernel, bias } : { kernel },
    expected: () => ({
      y: reference.dense(x, kernel, bias),
      dx: reference.denseInputGradient(dy, kernel),
      dkernel: reference.denseKernelGradient(x, dy),
      ...bias ? { dbias: reference.denseBiasGradient(dy) } : {},
    }),
    terms: { y: kernel.shape[0], dx: kernel.shape[1], dkernel: rows, dbias: rows },
    step: 0.5,
  };
}

/** The table of tests/layers_test.ts. */
export const layer: LayerTable = {
  kind: "dense",
  make: dense,
  refused: invalidDenseCases,
  subjects: () => denseCases.map((c) => ({ ...denseSubject(c), why: c.why })),
};
