/** What the golden numbers do not reach: options worked out with pencil and paper. */

import assert from "node:assert/strict";
import { assertClose } from "../harness/compare.ts";
import { activation, erf } from "./activation.ts";
import { array64 } from "./array.ts";
import {
  binaryCrossentropy,
  categoricalCrossentropy,
  huber,
  mae,
  sparseCategoricalCrossentropy,
} from "./loss.ts";
import { clipGlobalNorm, clipValues, optimizer, type OptimizerOptions } from "./optimizer.ts";

const EXACT = { tolerance: 1e-14 };
const row = (...values: number[]) => array64([1, values.length], values);
const { log } = Math;

Deno.test("erf: the values of Abramowitz & Stegun, table 7.1", () => {
  const table = [0, 0.1, 0.5, 1, 1.5, 2, -1].map(erf);
  const printed = [
    0,
    0.1124629160,
    0.5204998778,
    0.8427007929,
    0.9661051465,
    0.9953222650,
    -0.8427007929,
  ];
  assertClose(table, printed, { tolerance: 6e-11 });
  assertClose([erf(4), erf(6.1), erf(-40)], [1 - 1.541725790028e-8, 1, -1], EXACT);
});

Deno.test("activations: flat ends and large arguments", () => {
  const at = (name: Parameters<typeof activation>[0], x: number[], alpha?: number) =>
    activation(name, array64([x.length], x), alpha).data;
  assertClose(at("hard_sigmoid", [-9, -3, 0, 1.5, 3, 9]), [0, 0, 0.5, 0.75, 1, 1], EXACT);
  assertClose(at("softplus", [-1000, 0, 1000]), [0, log(2), 1000], EXACT);
  assertClose(at("elu", [-1000, 2], 0.5), [-0.5, 2], EXACT);
  assertClose(at("log_softmax", [1000, 1000, -1000]), [-log(2), -log(2), -2000 - log(2)], EXACT);
  assert.throws(() => at("leaky_relu", [1]), /alpha/);
});

Deno.test("losses: smoothing, corners and clipping", () => {
  // t = 1 smoothed by 0.2 is 0.9.
  const smoothed = -0.9 * log(0.75) - 0.1 * log(0.25);
  const options = { labelSmoothing: 0.2 };
  const half = binaryCrossentropy(row(0.75), row(1), options);
  assertClose([half.loss, ...half.gradient.data], [smoothed, -0.15 / 0.1875], EXACT);
  const logits = binaryCrossentropy(row(log(3)), row(1), { ...options, fromLogits: true });
  assertClose([logits.loss, ...logits.gradient.data], [smoothed, -0.15], EXACT);

  // One class of four smoothed by 0.2 is 0.85, the others are 0.05.
  const p = row(0.5, 0.25, 0.125, 0.125);
  const four = categoricalCrossentropy(p, row(0, 1, 0, 0), options);
  assertClose([four.loss], [1.7 * log(2) + 0.05 * (1 + 3 + 3) * log(2)], EXACT);
  assertClose(four.gradient.data, [-0.1, -3.4, -0.4, -0.4], EXACT);
  assert.deepEqual(sparseCategoricalCrossentropy(p, row(1), options), four);

  // Targets that do not sum to 1.
  const two = categoricalCrossentropy(row(0, 0), row(2, 1), { fromLogits: true });
  assertClose([two.loss, ...two.gradient.data], [3 * log(2), -0.5, 0.5], EXACT);

  const corner = huber(row(3, -3, 0.25, 2), row(0, 0, 0, 0), 2);
  assertClose([corner.loss], [(2 * 2 + 2 * 2 + 0.03125 + 2) / 4], EXACT);
  assertClose(corner.gradient.data, [0.5, -0.5, 0.0625, 0.5], EXACT);
  assert.deepEqual([...mae(row(2, 5), row(2, 4)).gradient.data], [0, 0.5]);

  const sure = binaryCrossentropy(row(0, 1), row(1, 1));
  assertClose([sure.loss], [(7 * log(10) + 1e-7) / 2], { tolerance: 1e-9 });
  assertClose(sure.gradient.data, [-0.5e7, -0.5], { tolerance: 1e-7 });
});

/** The one weight 1 after steps with these gradients. */
function walk(
  name: Parameters<typeof optimizer>[0],
  options: Partial<OptimizerOptions>,
  gradients: number[],
): number {
  const w = Float64Array.of(1);
  const step = optimizer(name, { learningRate: 0.1, ...options });
  for (const g of gradients) step([w], [[g]]);
  return w[0];
}

Deno.test("optimizers: options", () => {
  // g = 2 + 0.5·1, then 2 + 0.5·0.75 with velocity 0.5·2.5.
  const decayed = walk("sgd", { momentum: 0.5, weightDecay: 0.5 }, [2, 2]);
  assertClose([decayed], [0.75 - 0.1 * (1.25 + 2.375)], EXACT);
  // Adam's first step is lr·g/(|g| + ε), whatever the betas.
  const first = walk("adam", { beta1: 0.3, beta2: 0.7, epsilon: 2 }, [2]);
  assertClose([first], [1 - 0.1 * 2 / 4], EXACT);
  assertClose([walk("adam", { weightDecay: 1, epsilon: 3 }, [2])], [1 - 0.1 * 3 / 6], EXACT);
  assertClose(
    [walk("adamw", { weightDecay: 1, epsilon: 2 }, [2])],
    [0.9 - 0.1 * 2 / 4],
    EXACT,
  );
  assertClose([walk("rmsprop", { rho: 0.75, epsilon: 1 }, [2])], [1 - 0.1 * 2 / 2], EXACT);
  assertClose(
    [walk("adagrad", { initialAccumulator: 5, epsilon: 1 }, [2])],
    [1 - 0.1 * 2 / 4],
    EXACT,
  );
  assertClose([walk("sgd", { clipValue: 0.5 }, [2, -0.25])], [1 - 0.05 + 0.025], EXACT);
  assertClose([walk("sgd", { globalClipNorm: 0.5 }, [-2, 0.25])], [1 + 0.05 - 0.025], EXACT);
});

Deno.test("clipping: by the norm of all arrays together, and by value", () => {
  const gradients = [Float64Array.of(3, 0), Float64Array.of(-4)];
  assert.equal(clipGlobalNorm(gradients, 10), 5);
  assert.deepEqual(gradients, [Float64Array.of(3, 0), Float64Array.of(-4)]);
  assert.equal(clipGlobalNorm(gradients, 2.5), 5);
  assert.deepEqual(gradients, [Float64Array.of(1.5, 0), Float64Array.of(-2)]);
  clipValues(gradients, 1);
  assert.deepEqual(gradients, [Float64Array.of(1, 0), Float64Array.of(-1)]);
});
