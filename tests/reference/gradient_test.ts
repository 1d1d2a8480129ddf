/**
 * The references' gradients against finite differences in float64, on the very cases the kernels
 * are tested with, and the tables of cases themselves.
 */

import assert from "node:assert/strict";
import { activationCases } from "../cases/activation.ts";
import { conv2dCases, invalidConv2dCases } from "../cases/conv2d.ts";
import { conv2dTransposeCases, invalidConv2dTransposeCases } from "../cases/conv2d_transpose.ts";
import { denseCases } from "../cases/dense.ts";
import { lossCases } from "../cases/loss.ts";
import { optimizerCases } from "../cases/optimizer.ts";
import {
  conv2dInputs,
  conv2dTransposeInputs,
  denseInputs,
  type LayerInputs,
  lossInputs,
  optimizerInputs,
} from "../harness/case_inputs.ts";
import { assertClose } from "../harness/compare.ts";
import { gradcheck } from "../harness/gradcheck.ts";
import { randomNormal, seedOf } from "../harness/random_array.ts";
import { activation, activationGradient } from "./activation.ts";
import { array64, dot, elements } from "./array.ts";
import * as conv from "./conv2d.ts";
import * as transpose from "./conv2d_transpose.ts";
import * as dense from "./dense.ts";
import { evaluateLoss } from "./loss.ts";
import { optimizer } from "./optimizer.ts";
import { resolveConv2d, resolveConv2dTranspose } from "./padding.ts";

const inputNames = ["x", "kernel", "bias"];

/** The inputs of a layer as gradcheck takes them; a layer without a bias is checked with one of 0. */
function point({ x, kernel, bias }: LayerInputs, filters: number): Float64Array[] {
  return [x.data, kernel.data, bias?.data ?? new Float64Array(filters)].map((data) =>
    Float64Array.from(data)
  );
}

/** Whether six nested loops, run a dozen times, take no more than a moment. */
function small(kernelShape: readonly number[], places: number): boolean {
  return elements(kernelShape) * places < 3e6;
}

Deno.test("reference conv2d: gradients by finite differences", () => {
  for (const c of conv2dCases) {
    const { settings: s, kernelShape, outputShape } = resolveConv2d(c.inputShape, c.options);
    if (!small(kernelShape, elements(outputShape.slice(0, 3)))) continue;
    const x = (data: ArrayLike<number>) => ({ shape: c.inputShape, data });
    const kernel = (data: ArrayLike<number>) => ({ shape: kernelShape, data });
    const bias = (data: ArrayLike<number>) => ({ shape: outputShape.slice(3), data });
    gradcheck(
      (a, w, b) => conv.conv2d(x(a), kernel(w), bias(b), s).data,
      (u, a, w) => {
        const dy = { shape: outputShape, data: u };
        return [
          conv.conv2dInputGradient(dy, kernel(w), c.inputShape, s).data,
          conv.conv2dKernelGradient(x(a), dy, kernelShape, s).data,
          conv.conv2dBiasGradient(dy).data,
        ];
      },
      point(conv2dInputs(c), outputShape[3]),
      { name: c.name, inputNames },
    );
  }
});

Deno.test("reference conv2d_transpose: gradients by finite differences", () => {
  for (const c of conv2dTransposeCases) {
    const shapes = resolveConv2dTranspose(c.inputShape, c.options);
    const { settings: s, kernelShape, outputShape } = shapes;
    if (!small(kernelShape, elements(c.inputShape.slice(0, 3)))) continue;
    const x = (data: ArrayLike<number>) => ({ shape: c.inputShape, data });
    const kernel = (data: ArrayLike<number>) => ({ shape: kernelShape, data });
    const bias = (data: ArrayLike<number>) => ({ shape: outputShape.slice(3), data });
    gradcheck(
      (a, w, b) => transpose.conv2dTranspose(x(a), kernel(w), bias(b), s).data,
      (u, a, w) => {
        const dy = { shape: outputShape, data: u };
        return [
          transpose.conv2dTransposeInputGradient(dy, kernel(w), c.inputShape, s).data,
          transpose.conv2dTransposeKernelGradient(x(a), dy, kernelShape, s).data,
          transpose.conv2dTransposeBiasGradient(dy).data,
        ];
      },
      point(conv2dTransposeInputs(c), outputShape[3]),
      { name: c.name, inputNames },
    );
  }
});

Deno.test("reference conv2d and conv2d_transpose are adjoint: <conv(x), y> = <x, convT(y)>", () => {
  for (const c of conv2dCases) {
    const { settings } = resolveConv2d(c.inputShape, c.options);
    const { x, kernel, dy } = conv2dInputs(c);
    // The rows and columns that the convolution never read come back as output padding.
    const outputPadding = ([0, 1] as const).map((axis) => {
      const { strides, pads, dilations } = settings;
      const reach = dilations[axis] * (kernel.shape[axis] - 1) + 1;
      return (x.shape[1 + axis] + pads[axis] + pads[axis + 2] - reach) % strides[axis];
    }) as [number, number];
    // The pair shares its array: [kh, kw, in/groups, out] of the one is [.., out/groups, in] of the other.
    const back = transpose.conv2dTranspose(dy, kernel, null, { ...settings, outputPadding });
    const y = conv.conv2d(x, kernel, null, settings);
    assert.deepEqual(back.shape, x.shape, c.name);
    assertClose([dot(y.data, dy.data)], [dot(x.data, back.data)], {
      name: c.name,
      tolerance: 1e-9,
    });
    assertClose(conv.conv2dInputGradient(dy, kernel, x.shape, settings), back, {
      name: c.name,
      tolerance: 1e-12,
    });
  }
});

Deno.test("reference dense: gradients by finite differences", () => {
  for (const c of denseCases) {
    const inputs = denseInputs(c);
    const [xShape, kernelShape, dyShape] = [c.inputShape, inputs.kernel.shape, inputs.dy.shape];
    gradcheck(
      (a, w, b) =>
        dense.dense(
          { shape: xShape, data: a },
          { shape: kernelShape, data: w },
          { shape: [b.length], data: b },
        ).data,
      (u, a, w) => {
        const dy = { shape: dyShape, data: u };
        return [
          dense.denseInputGradient(dy, { shape: kernelShape, data: w }).data,
          dense.denseKernelGradient({ shape: xShape, data: a }, dy).data,
          dense.denseBiasGradient(dy).data,
        ];
      },
      point(inputs, c.options.units),
      { name: c.name, inputNames },
    );
  }
});

Deno.test("reference activations: gradients by finite differences", () => {
  for (const { name, activation: kind, alpha, inputShape, scale } of activationCases) {
    // Away from the kinks at 0 and ±3, where finite differences see both slopes.
    const x = randomNormal(inputShape, seedOf(name), scale).data.map((value) =>
      [-3, 0, 3].some((kink) => Math.abs(value - kink) < 1e-3) ? value + 0.01 : value
    );
    gradcheck(
      (a) => activation(kind, { shape: inputShape, data: a }, alpha).data,
      (u, a) => {
        const dy = array64(inputShape, u);
        return [activationGradient(kind, { shape: inputShape, data: a }, dy, alpha).data];
      },
      [Float64Array.from(x)],
      { name },
    );
  }
});

Deno.test("reference losses: gradients by finite differences", () => {
  for (const c of lossCases.filter(({ why }) => !why.startsWith("saturated"))) {
    const { prediction, target } = lossInputs(c);
    const twoInputs = c.loss === "kl_standard_normal";
    const evaluate = (y: Float64Array, t: Float64Array) =>
      evaluateLoss(
        c.loss,
        { shape: c.shape, data: y },
        { shape: target.shape, data: t },
        c.options,
      );
    gradcheck(
      (y, t) => [evaluate(y, t).loss],
      (u, y, t) =>
        evaluate(y, t).gradients.map((gradient) => gradient.data.map((value) => value * u[0])),
      [Float64Array.from(prediction.data), Float64Array.from(target.data)],
      { name: c.name, constant: twoInputs ? [] : [1], step: 1e-6 },
    );
  }
});

Deno.test("reference optimizers: every case moves the weights and stays finite", () => {
  for (const c of optimizerCases) {
    const { weights, gradients } = optimizerInputs(c);
    const step = optimizer(c.optimizer, c.options);
    const w = weights.map(({ data }) => Float64Array.from(data));
    gradients.forEach((g, t) => step(w, g.map(({ data }) => data), c.learningRates?.[t]));
    assert.ok(w.every((values) => values.every(Number.isFinite)), c.name);
    const moved = w.some((values, p) => values.some((value, k) => value !== weights[p].data[k]));
    assert.equal(moved, !c.gradientScales.every((scale) => scale === 0), c.name);
  }
});

Deno.test("cases: names are unique, shapes possible, invalid cases say why", () => {
  const tables = { conv2dCases, conv2dTransposeCases, denseCases, activationCases, lossCases };
  for (const [table, cases] of Object.entries({ ...tables, optimizerCases })) {
    const names = cases.map((c) => c.name);
    const twice = names.filter((name, k) => names.indexOf(name) !== k);
    assert.deepEqual(twice, [], table);
    assert.ok(cases.length >= 15, `${table} has ${cases.length} cases`);
  }
  for (
    const { name, outputShape } of [
      ...conv2dCases.map((c) => ({ ...c, ...resolveConv2d(c.inputShape, c.options) })),
      ...conv2dTransposeCases.map((c) => ({
        ...c,
        ...resolveConv2dTranspose(c.inputShape, c.options),
      })),
    ]
  ) {
    assert.ok(outputShape.every((size) => Number.isInteger(size) && size > 0), name);
  }
  for (const c of [...invalidConv2dCases, ...invalidConv2dTransposeCases]) {
    assert.ok(c.why.length > 0 && !c.message.test(""), c.why);
  }
});
