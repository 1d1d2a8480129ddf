/** Losses against the references: the case table, what must be refused, and weights. */

import assert from "node:assert/strict";
import { DeconvError, klStandardNormal, type LossName, type Tensor, tensor } from "../mod.ts";
import { checkTargets, computeLoss, fitLoss, lossConfig } from "../core/losses.ts";
import { invalidLossCases, type LossCase, lossCases } from "./cases/loss.ts";
import { lossInputs } from "./harness/case_inputs.ts";
import { assertClose } from "./harness/compare.ts";
import { gradcheck } from "./harness/gradcheck.ts";
import { GuardedMemory, poisonWorkspace } from "./harness/guarded_memory.ts";
import { assertSameBits, onThreads, TWO_THREADS } from "./harness/threads.ts";
import { toleranceFor } from "./harness/run_layer.ts";
import { evaluateLoss } from "./reference/loss.ts";
import { runtime } from "../core/wasm/runtime.ts";

/** Loss and gradients of a case for this prediction, computed by the product on poisoned memory. */
function run(
  c: LossCase,
  prediction: Tensor,
  target: Tensor,
  options: { weight?: number; gradient?: boolean } = {},
): { loss: number; gradients: Float32Array[] } {
  if (c.loss === "kl_standard_normal") {
    poisonWorkspace();
    const { loss, meanGradient, logVarianceGradient } = klStandardNormal(prediction, target);
    return { loss, gradients: [meanGradient.data, logVarianceGradient.data] };
  }
  const config = lossConfig({ kind: c.loss, ...c.options });
  checkTargets(config, prediction.shape, target.shape, target.data);
  const memory = new GuardedMemory();
  const [y, t, dy] = memory.during(() =>
    [prediction, target, prediction].map(({ data }) => runtime().allocate(data.length))
  );
  y.view.set(prediction.data);
  t.view.set(target.data);
  dy.view.fill(NaN);
  poisonWorkspace();
  const { gradient = true, weight } = options;
  const { shape } = prediction;
  const loss = computeLoss(config, { shape, data: y }, t, gradient ? dy : null, { weight });
  memory.check();
  assertSameBits(y.view, prediction.data, "the prediction afterwards");
  assertSameBits(t.view, target.data, "the target afterwards");
  const gradients = [dy.view.slice()];
  memory.release();
  return { loss, gradients };
}

for (const c of lossCases) {
  Deno.test(`loss ${c.name}: ${c.why}`, () => {
    const { prediction, target } = lossInputs(c);
    const expected = evaluateLoss(c.loss, prediction, target, c.options);
    const actual = run(c, prediction, target);
    const tolerance = Math.max(toleranceFor(c.shape.at(-1)!), c.tolerance ?? 0);
    assertClose([actual.loss], [expected.loss], { name: `${c.name} loss`, tolerance });
    assert.equal(actual.gradients.length, expected.gradients.length);
    expected.gradients.forEach((wanted, i) => {
      assertClose(actual.gradients[i], wanted, { name: `${c.name} gradient ${i}`, tolerance });
    });
    if (c.loss !== "kl_standard_normal") {
      assert.equal(run(c, prediction, target, { gradient: false }).loss, actual.loss);
      const weighted = run(c, prediction, target, { weight: 4 });
      assert.equal(weighted.loss, actual.loss, "the weight is for the gradient only");
      assertSameBits(weighted.gradients[0], actual.gradients[0].map((v) => 4 * v), "weight 4");
    }
    if (TWO_THREADS) {
      const [one, two] = [1, 2].map((n) => onThreads(n, () => run(c, prediction, target)));
      assert.equal(two.loss, one.loss);
      two.gradients.forEach((g, i) => assertSameBits(g, one.gradients[i], "on two threads"));
    }
  });
}

Deno.test("losses: directional gradient checks", () => {
  // Not mae, which has kinks everywhere; not where values lie on the flat or on a kink.
  const smooth = (c: LossCase) => c.loss !== "mae" && !c.firstValues && c.prediction !== "zeros";
  for (const c of lossCases.filter(smooth)) {
    const { prediction, target } = lossInputs(c);
    const at = (values: Float32Array): Tensor => ({ shape: prediction.shape, data: values });
    const kl = c.loss === "kl_standard_normal";
    gradcheck(
      (y, t) => [run(c, at(y), { ...target, data: t }).loss],
      (dy, y, t) => {
        const { gradients } = run(c, at(y), { ...target, data: t });
        return gradients.map((g) => g.map((v) => v * dy[0]));
      },
      [prediction.data, target.data],
      { name: c.name, constant: kl ? [] : [1], step: 2e-4, tolerance: 5e-3 },
    );
  }
});

/** Enough elements for several chunks, so that there is something to share among threads. */
const LARGE: LossCase[] = ([
  ["mse", [5, 20011], "normal", "normal"],
  ["binary_crossentropy", [3, 33333], "probability", "probability"],
  ["categorical_crossentropy", [301, 33], "distribution", "oneHot"],
  ["kl_standard_normal", [7, 9999], "normal", "normal"],
  ["focal", [3, 33333], "probability", "binary"],
  ["kl_divergence", [1001, 33], "distribution", "distribution"],
  ["cosine_similarity", [301, 33], "normal", "normal"],
  ["dice", [3, 61, 67, 3], "probability", "binary"],
  ["ssim", [2, 41, 47, 3], "probability", "probability"],
  ["total_variation", [2, 61, 67, 3], "normal", "normal"],
] as const).map(([loss, shape, prediction, target]) => ({
  name: `${loss}_${shape.join("x")}`,
  why: "large",
  options: {},
  loss,
  shape,
  prediction,
  target,
}));

Deno.test("losses: many chunks, on one thread and on two", () => {
  for (const c of LARGE) {
    const { prediction, target } = lossInputs(c);
    const expected = evaluateLoss(c.loss, prediction, target, c.options);
    const one = onThreads(1, () => run(c, prediction, target));
    assertClose([one.loss], [expected.loss], { name: c.name, tolerance: 1e-6 });
    one.gradients.forEach((g, i) =>
      assertClose(g, expected.gradients[i], { name: c.name, tolerance: 2e-6 })
    );
    if (!TWO_THREADS) continue;
    const two = onThreads(2, () => run(c, prediction, target));
    assert.equal(two.loss, one.loss);
    two.gradients.forEach((g, i) => assertSameBits(g, one.gradients[i], c.name));
  }
});

Deno.test("categorical cross-entropy: targets that do not sum to 1", () => {
  const targets = tensor([2, 1, 0, 0, 0.25, 0.25], [2, 3]);
  for (const fromLogits of [false, true]) {
    const prediction = tensor([0.5, 0.3, 0.2, 0.1, 0.2, 0.7], [2, 3]);
    const c = {
      ...lossCases[0],
      loss: "categorical_crossentropy",
      options: { fromLogits },
    } as const;
    const expected = evaluateLoss(c.loss, prediction, targets, c.options);
    const actual = run(c, prediction, targets);
    assertClose([actual.loss], [expected.loss], { name: `loss, logits ${fromLogits}` });
    assertClose(actual.gradients[0], expected.gradients[0], { name: `logits ${fromLogits}` });
  }
});

for (const c of invalidLossCases) {
  Deno.test(`loss refuses ${c.loss}: ${c.why}`, () => {
    const size = c.targetShape.reduce((a, b) => a * b, 1);
    assert.throws(
      () => {
        const config = lossConfig({ kind: c.loss as LossName, ...c.options });
        fitLoss(config, c.shape.slice(1));
        const targets = Float32Array.from(c.targets ?? new Float32Array(size));
        checkTargets(config, c.shape, c.targetShape, targets);
      },
      (error: Error) => {
        assert.ok(error instanceof DeconvError, error.stack);
        assert.match(error.message, c.message);
        return true;
      },
    );
  });
}

Deno.test("loss refuses options it does not have, and means and variances of other shapes", () => {
  assert.throws(() => lossConfig({ kind: "mse", fromLogits: true }), /mse.*fromLogits/);
  assert.throws(() => lossConfig({ kind: "huber", labelSmoothing: 0.1 }), /labelSmoothing/);
  assert.throws(() => klStandardNormal(tensor([1, 2]), tensor([1, 2], [2, 1])), /same shape/);
});
