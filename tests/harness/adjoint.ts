/** The adjoint identity of two linear layers that share a kernel: <f(x), y> = <x, g(y)>. */

import assert from "node:assert/strict";
import { input, type Layer, model } from "../../mod.ts";
import { dot } from "../reference/array.ts";
import { randomNormal, seedOf } from "./random_array.ts";

/**
 * Fails unless `back` is the adjoint of `there` on random arrays. Both take the same kernel array;
 * neither has a bias or an activation.
 */
export function assertAdjoint(
  name: string,
  there: Layer,
  back: Layer,
  inputShape: readonly number[],
): void {
  const net = (layer: Layer, shape: readonly number[]) => {
    const start = input({ shape });
    return model({ inputs: start, outputs: layer.apply(start) });
  };
  const f = net(there, inputShape.slice(1)), g = net(back, f.outputShape);
  assert.deepEqual(g.outputShape, inputShape.slice(1), `${name}: back to the input's shape`);
  const [kernel] = f.parameters;
  assert.deepEqual(g.parameters[0].shape, kernel.shape, `${name}: one kernel fits both`);
  const weights = randomNormal(kernel.shape, seedOf(`${name}/adjoint/kernel`));
  f.setWeights(kernel.name, weights);
  g.setWeights(g.parameters[0].name, weights);

  const x = randomNormal(inputShape, seedOf(`${name}/adjoint/x`));
  const y = randomNormal([inputShape[0], ...f.outputShape], seedOf(`${name}/adjoint/y`));
  const fx = f.predict(x).data, gy = g.predict(y).data;
  const left = dot(fx, y.data), right = dot(x.data, gy);
  const size = Math.sqrt(dot(fx, fx) * dot(y.data, y.data)) +
    Math.sqrt(dot(gy, gy) * dot(x.data, x.data));
  assert.ok(
    Math.abs(left - right) <= 1e-6 * size,
    `${name}: <f(x), y> is ${left}, <x, g(y)> is ${right}`,
  );
}
