/** Training writes a relu's gradient over its output; the gradients must be those of the plain way. */

import assert from "node:assert/strict";
import {
  add,
  conv1d,
  conv1dTranspose,
  conv2d,
  conv2dTranspose,
  depthwiseConv2d,
  input,
  type Model,
  model,
  reshape,
  separableConv2d,
  sequential,
} from "../mod.ts";
import { Plan } from "../core/plan.ts";
import { randomNormal } from "./harness/random_array.ts";
import { assertStepGradients } from "./harness/step_gradients.ts";

const relu = { padding: "same", activation: "relu" } as const;

/** Convolutions of every kind behind each other, and a skip, whose relu must not be overwritten. */
function network(): Model {
  const start = input({ shape: [8, 8, 16] });
  const a = conv2d({ ...relu, filters: 20, kernelSize: 3 }).apply(start);
  const b = conv2d({ ...relu, filters: 24, kernelSize: 3, strides: 2 }).apply(a);
  const c = conv2dTranspose({ ...relu, filters: 20, kernelSize: 4, strides: 2 }).apply(b);
  const d = conv2d({ ...relu, filters: 20, kernelSize: 1, groups: 20 }).apply(c);
  const e = add().apply([c, d]);
  const f = conv2d({ ...relu, filters: 3, kernelSize: 3 }).apply(e);
  return model({ inputs: start, outputs: conv2d({ filters: 3, kernelSize: 3 }).apply(f) });
}

/** Relus before and after the layers that are made of other convolutions. */
function separable(): Model {
  return sequential([
    conv2d({ ...relu, filters: 20, kernelSize: 3 }),
    separableConv2d({ ...relu, filters: 24, kernelSize: 3, strides: 2, depthMultiplier: 2 }),
    depthwiseConv2d({ ...relu, kernelSize: 3, depthMultiplier: 2 }),
    reshape([16, 48]),
    conv1d({ ...relu, filters: 20, kernelSize: 3 }),
    conv1dTranspose({ ...relu, filters: 20, kernelSize: 4, strides: 2 }),
    conv1d({ filters: 3, kernelSize: 3 }),
  ], { inputShape: [8, 8, 16] });
}

for (const make of [network, separable]) {
  Deno.test(`a training step's gradients are those of forward and backward: ${make.name}`, () => {
    assertStepGradients(make(), randomNormal([9, 8, 8, 16], 1), 1e-5);
  });
}

Deno.test("relus between convolutions share memory with their gradients, others do not", () => {
  const { graph } = network();
  const plan = new Plan(graph, { batch: 2, gradients: true });
  const gated = graph.nodes.filter(({ output }) => plan.values[output].gated);
  // conv2d_1 and conv2d_2 feed one convolution each, conv2d_4 the last; conv2d_transpose_1 is used twice.
  assert.deepEqual(gated.map(({ layer }) => layer.name), ["conv2d_1", "conv2d_2", "conv2d_4"]);
  for (const inputGradients of [true, false]) {
    const kept = new Plan(graph, {
      batch: 2,
      gradients: true,
      inputGradients,
      keep: !inputGradients,
    });
    assert.ok(kept.values.every((value) => !value.gated));
  }
});
