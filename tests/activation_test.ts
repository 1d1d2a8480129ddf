/** Activations beyond their table of cases: inside the layers that take one, and what is refused. */

import assert from "node:assert/strict";
import {
  activation,
  type ActivationName,
  conv2d,
  conv2dTranspose,
  DeconvError,
  dense,
  type Layer,
} from "../mod.ts";
import { ACTIVATIONS } from "../core/layers/activation.ts";
import { invalidActivationCases } from "./cases/activation.ts";
import { type Array32, randomNormal, seedOf } from "./harness/random_array.ts";
import { checkLayer } from "./harness/run_layer.ts";
import * as reference from "./reference/activation.ts";
import { array64, type NumberArray } from "./reference/array.ts";
import * as convReference from "./reference/conv2d.ts";
import * as transposeReference from "./reference/conv2d_transpose.ts";
import * as denseReference from "./reference/dense.ts";

for (const c of invalidActivationCases) {
  Deno.test(`activation refuses ${c.why}`, () => {
    const kind = c.activation as ActivationName;
    for (
      const make of [
        () => activation(kind),
        () => dense({ units: 1, activation: kind }),
        () => conv2d({ filters: 1, kernelSize: 1, activation: { kind } }),
      ]
    ) {
      assert.throws(make, (error: Error) => {
        assert.ok(error instanceof DeconvError, error.stack);
        assert.match(error.message, c.message);
        assert.ok(error.message.includes("leaky_relu"), "the message lists what there is");
        return true;
      });
    }
  });
}

Deno.test("activation refuses an alpha out of place", () => {
  assert.throws(() => activation({ kind: "relu", alpha: 0.5 }), /alpha/);
  assert.throws(() => activation({ kind: "elu", alpha: -1 }), /alpha/);
  assert.throws(() => activation({ kind: "elu", alpha: 0 }), /alpha/);
  assert.throws(() => activation({ kind: "leaky_relu", alpha: NaN }), /alpha/);
});

/** A linear layer by its reference: value and gradients of x and the kernel. */
interface Linear {
  readonly name: string;
  make(activation: ActivationName): Layer;
  readonly x: Array32;
  readonly kernel: Array32;
  readonly bias: Array32;
  value(): NumberArray;
  gradients(dy: NumberArray): { dx: NumberArray; dkernel: NumberArray; dbias: NumberArray };
}

const draw = (shape: number[], what: string) => randomNormal(shape, seedOf(`fused/${what}`), 0.5);

function linears(): Linear[] {
  const settings = { strides: [2, 1], pads: [0, 0, 0, 0], dilations: [1, 1], groups: 1 } as const;
  const x = draw([2, 5, 4, 3], "x"), bias = draw([6], "bias");
  const conv = draw([2, 2, 3, 6], "conv"), transposed = draw([2, 2, 6, 3], "transposed");
  const back = { ...settings, outputPadding: [0, 0] } as const;
  const flat = draw([5, 7], "flat"), kernel = draw([7, 6], "dense");
  const options = { filters: 6, kernelSize: 2, strides: [2, 1] } as const;
  return [
    {
      name: "conv2d",
      make: (activation) => conv2d({ ...options, activation }),
      x,
      kernel: conv,
      bias,
      value: () => convReference.conv2d(x, conv, bias, settings),
      gradients: (dy) => ({
        dx: convReference.conv2dInputGradient(dy, conv, x.shape, settings),
        dkernel: convReference.conv2dKernelGradient(x, dy, conv.shape, settings),
        dbias: convReference.conv2dBiasGradient(dy),
      }),
    },
    {
      name: "conv2d_transpose",
      make: (activation) => conv2dTranspose({ ...options, activation }),
      x,
      kernel: transposed,
      bias,
      value: () => transposeReference.conv2dTranspose(x, transposed, bias, back),
      gradients: (dy) => ({
        dx: transposeReference.conv2dTransposeInputGradient(dy, transposed, x.shape, back),
        dkernel: transposeReference.conv2dTransposeKernelGradient(x, dy, transposed.shape, back),
        dbias: transposeReference.conv2dTransposeBiasGradient(dy),
      }),
    },
    {
      name: "dense",
      make: (activation) => dense({ units: 6, activation }),
      x: flat,
      kernel,
      bias,
      value: () => denseReference.dense(flat, kernel, bias),
      gradients: (dy) => ({
        dx: denseReference.denseInputGradient(dy, kernel),
        dkernel: denseReference.denseKernelGradient(flat, dy),
        dbias: denseReference.denseBiasGradient(dy),
      }),
    },
  ];
}

const ALPHA: Record<string, number> = { leaky_relu: 0.2 };

/** A finite difference across a kink says nothing, and among many values one lies at it. */
const KINKED: readonly string[] = ["relu", "relu6", "leaky_relu", "selu", "hard_sigmoid"];

for (const linear of linears()) {
  Deno.test(`${linear.name} with every activation`, () => {
    for (const kind of ACTIVATIONS.filter((name) => name !== "linear")) {
      const { x, kernel, bias } = linear;
      const z = linear.value(), name = kind as reference.ActivationName;
      const dy = draw([...z.shape], `dy/${kind}`);
      checkLayer({
        name: `${linear.name} ${kind}`,
        make: () => linear.make(kind),
        x,
        dy,
        parameters: { kernel, bias },
        expected: () => ({
          y: reference.activation(name, z, ALPHA[kind]),
          ...linear.gradients(reference.activationGradient(name, z, dy, ALPHA[kind])),
        }),
        terms: { y: 20, dx: 40, dkernel: 60, dbias: 60 },
        step: KINKED.includes(kind) ? undefined : 3e-3,
      });
    }
  });
}

Deno.test("activation linear passes values and gradients through", () => {
  const x = draw([3, 5], "linear"), dy = draw([3, 5], "linear/dy");
  checkLayer({
    name: "linear",
    make: () => activation("linear"),
    x,
    dy,
    parameters: {},
    expected: () => ({ y: array64(x.shape, x.data), dx: array64(x.shape, dy.data) }),
    terms: {},
    step: 0.5,
  });
});
