/** Cases of the activation functions: every function, at its edges and at awkward sizes. */

import { activation } from "../../mod.ts";
import { activationInputs } from "../harness/case_inputs.ts";
import type { Array32 } from "../harness/random_array.ts";
import type { LayerSubject } from "../harness/run_layer.ts";
import * as reference from "../reference/activation.ts";
import type { LayerTable } from "./layer_table.ts";
import type { ActivationName } from "../reference/activation.ts";

/** One activation applied to one input. */
export interface ActivationCase {
  readonly name: string;
  readonly why: string;
  readonly activation: ActivationName;
  /** leaky_relu's slope for x < 0 (Keras' `negativeSlope`), elu's limit. */
  readonly alpha?: number;
  readonly inputShape: readonly number[];
  /** The input's first values; the rest is normal with this standard deviation. */
  readonly firstValues: readonly number[];
  readonly scale: number;
}

/** An activation that must be refused. */
export interface InvalidActivationCase {
  readonly why: string;
  readonly activation: unknown;
  readonly message: RegExp;
}

/** Kinks, signed zeros, and where e^x leaves float32 (88.7 up, -87.3 to subnormal, -104 to zero). */
const EDGES = [
  ...[0, 1e-30, 1e-7, 1e-3, 0.5, 1, 2, 3, 6, 9, 20, 50, 87, 88, 89, 104, 1000].flatMap((
    x,
  ) => [x, -x]),
  ...[1 - 2 ** -24, 3 - 2 ** -22, 3 + 2 ** -22, 88.72283].flatMap((x) => [x, -x]),
];

const elementwise: [activation: ActivationName, alpha?: number][] = [
  ["relu"],
  ["leaky_relu", 0.2],
  ["leaky_relu", 0.3],
  ["elu"],
  ["elu", 0.5],
  ["selu"],
  ["sigmoid"],
  ["tanh"],
  ["softplus"],
  ["gelu"],
  ["gelu_tanh"],
  ["silu"],
  ["hard_sigmoid"],
  ["relu6"],
];

const rowwise: ActivationName[] = ["softmax", "log_softmax"];

type Row = Omit<ActivationCase, "name">;

const rows: Row[] = [
  // [5, 17] is no multiple of 4, 8 or 16 and leaves a remainder after every unrolling.
  ...elementwise.map(([activation, alpha]): Row => ({
    why: "edges and everyday values",
    activation,
    alpha,
    inputShape: [5, 17],
    firstValues: EDGES,
    scale: 3,
  })),
  ...[[1], [3], [4], [2, 2, 2, 2], [31], [2, 7, 5, 3]].map((inputShape, k): Row => ({
    why: "size",
    activation: elementwise[(k * 2) % elementwise.length][0],
    alpha: elementwise[(k * 2) % elementwise.length][1],
    inputShape,
    firstValues: [],
    scale: 2,
  })),
  ...rowwise.flatMap((activation): Row[] => [
    { why: "one class", activation, inputShape: [4, 1], firstValues: [], scale: 1 },
    { why: "two classes", activation, inputShape: [5, 2], firstValues: [], scale: 2 },
    { why: "ten classes", activation, inputShape: [6, 10], firstValues: [], scale: 3 },
    { why: "remainder", activation, inputShape: [3, 33], firstValues: [], scale: 3 },
    { why: "one row", activation, inputShape: [65], firstValues: [], scale: 1 },
    { why: "every pixel", activation, inputShape: [2, 3, 4, 5], firstValues: [], scale: 2 },
    {
      why: "a tie, and values whose exponential overflows or vanishes",
      activation,
      inputShape: [4, 4],
      firstValues: [7, 7, 7, 7, 1000, 0, -1000, 999, -500, -501, -502, -503],
      scale: 1,
    },
  ]),
];

/** Every legal case; the name is as `leaky_relu_a0.2_5x17`. */
export const activationCases: readonly ActivationCase[] = rows.map((row) => ({
  name: `${row.activation}${row.alpha === undefined ? "" : `_a${row.alpha}`}_` +
    row.inputShape.join("x"),
  ...row,
}));

/** Names that must be refused. */
export const invalidActivationCases: readonly InvalidActivationCase[] = [
  { why: "misspelt", activation: "relux", message: /relux/ },
  { why: "empty", activation: "", message: /activation/ },
  { why: "a property every object has", activation: "toString", message: /toString/ },
  { why: "not a name", activation: 3, message: /activation/ },
];

/** A case without a batch gets one of 1. */
const batched = ({ shape, data }: Array32): Array32 => ({
  shape: shape.length > 1 ? shape : [1, ...shape],
  data,
});

function activationSubject(c: ActivationCase): LayerSubject {
  const inputs = activationInputs(c);
  const x = batched(inputs.x), dy = batched(inputs.dy);
  const rowwise = c.activation === "softmax" || c.activation === "log_softmax";
  const width = rowwise ? c.inputShape.at(-1)! : 1;
  return {
    name: c.name,
    make: () => activation({ kind: c.activation, alpha: c.alpha }),
    x,
    dy,
    parameters: {},
    expected: () => ({
      y: reference.activation(c.activation, x, c.alpha),
      dx: reference.activationGradient(c.activation, x, dy, c.alpha),
    }),
    terms: { y: width, dx: width },
    // Not where there are kinks among the first values.
    step: c.firstValues.length ? undefined : 3e-3,
  };
}

/** The table of tests/layers_test.ts. */
export const layer: LayerTable = {
  kind: "activation",
  subjects: () => activationCases.map((c) => ({ ...activationSubject(c), why: c.why })),
};
