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

/** Numbers that Python makes alike: the fraction of step · k + start, rounded to float32. */
function steps(shape: number[], step: number, start: number): Tensor {
  const size = shape.reduce((a, b) => a * b, 1);
  return tensor(Array.from({ length: size }, (_, k) => (step * k + start) % 1), shape);
}

/** A case of a loss with its default options. */
function defaults(loss: LossCase["loss"], options: LossCase["options"] = {}): LossCase {
  return { ...lossCases[0], loss, options };
}

Deno.test("losses: PyTorch 1.13's numbers, computed in float64 by the formulas of their papers", () => {
  const z = steps([12, 1], 0.37, 0.11), data = z.data.map((v) => Math.fround(v) * 8 - 4);
  const labels = tensor([1, 0, 0, 1, 1, 0, 0, 0, 1, 0, 1, 0], [12, 1]);
  const focal = run(defaults("focal", { fromLogits: true }), { ...z, data }, labels);
  assertClose([focal.loss], [0.6385281922156404], { name: "focal" });
  assertClose(focal.gradients[0].subarray(0, 7), [
    -0.0234127711,
    0.0148919838,
    0.0705611235,
    -0.0230463684,
    -0.0019224223,
    0.0688395975,
    0.00148042255,
  ], { name: "gradient of focal" });

  const mask = steps([2, 2, 3, 2], 0.53, 0.2), half = mask.data.map((v) => v > 0.5 ? 1 : 0);
  const dice = run(defaults("dice"), steps([2, 2, 3, 2], 0.37, 0.11), { ...mask, data: half });
  assertClose([dice.loss], [0.5414011205066627], { name: "dice" });
  assertClose(dice.gradients[0].subarray(10, 14), [
    0.0176833408,
    0.0204612079,
    -0.0367813492,
    0.0117126738,
  ], { name: "gradient of dice" });

  const x = steps([1, 12, 13, 1], 0.37, 0.11), other = steps([1, 12, 13, 1], 0.29, 0.4);
  const ssim = run(defaults("ssim"), x, other), dx = ssim.gradients[0];
  assertClose([1 - ssim.loss], [-0.41702480483141696], { name: "ssim" });
  assertClose([dx[0], dx[84], dx[100], dx[155]], [
    5.35958504e-07,
    -0.0801338662,
    0.0263245086,
    3.27642687e-07,
  ], { name: "gradient of ssim" });
  const variation = run(defaults("total_variation"), steps([2, 2, 3, 2], 0.37, 0.11), mask);
  assertClose([variation.loss], [5.200000008568168], { name: "total variation" });

  const y = tensor([0.2, 0.5, 0.3, 0.1, 0.1, 0.8], [2, 3]);
  const t = tensor([0.3, 0.3, 0.4, 0.6, 0.2, 0.2], [2, 3]);
  assertClose([run(defaults("kl_divergence"), y, t).loss], [0.5099454598541041], { name: "kl" });
  const [u, v] = [tensor([1, 2, 3, -1, 0.5, 2], [2, 3]), tensor([3, -2, 1, 1, 1, 1], [2, 3])];
  const cosine = run(defaults("cosine_similarity"), u, v).loss;
  assertClose([cosine], [-0.26041080793318505], { name: "cosine" });
});

Deno.test("losses at their edges", () => {
  const picture = steps([2, 13, 12, 3], 0.37, 0.11),
    flat = tensor(
      new Float32Array(936).fill(0.7),
      picture.shape,
    );
  for (const x of [picture, flat]) {
    const { loss, gradients } = run(defaults("ssim"), x, x);
    assertClose([loss], [0], { floor: 1, tolerance: 5e-7, name: "a picture is like itself" });
    assert.ok(gradients[0].every((v) => v === 0), "and cannot become more so");
  }
  // Flat pictures of different brightness: what is left is (2ab + c1) / (a² + b² + c1).
  const darker = tensor(new Float32Array(936).fill(0.2), picture.shape);
  const expected = 1 - (2 * 0.7 * 0.2 + 1e-4) / (0.7 ** 2 + 0.2 ** 2 + 1e-4);
  assertClose([run(defaults("ssim"), flat, darker).loss], [expected], { tolerance: 1e-6 });
  assert.equal(run(defaults("total_variation"), flat, flat).loss, 0);
  const nothing = tensor([0, 0, 0], [3, 1]);
  assert.equal(run(defaults("dice"), nothing, nothing).loss, 0);
  // A vector of no length has no direction: neither loss nor NaN.
  const zero = run(defaults("cosine_similarity"), tensor([0, 0], [1, 2]), tensor([1, 0], [1, 2]));
  assert.equal(zero.loss + 0, 0);
  assert.ok(zero.gradients[0].every(Number.isFinite));
  // Logits as far on the wrong side as can be: the loss is theirs, times what the class counts.
  const far = tensor([1000, -1000], [2, 1]), wrong = tensor([0, 1], [2, 1]);
  const { loss, gradients: [slopes] } = run(defaults("focal", { fromLogits: true }), far, wrong);
  assertClose([loss, ...slopes], [500, 0.375, -0.125], { tolerance: 1e-6, name: "focal, far off" });
  // NaN comes through.
  for (const c of lossCases.filter(({ loss, firstValues }) => loss !== "mae" && !firstValues)) {
    const { prediction, target } = lossInputs(c);
    prediction.data.fill(NaN);
    assert.ok(Number.isNaN(run(c, prediction, target).loss), c.name);
  }
});

Deno.test("loss refuses options it does not have, and means and variances of other shapes", () => {
  assert.throws(() => lossConfig({ kind: "mse", fromLogits: true }), /mse.*fromLogits/);
  assert.throws(() => lossConfig({ kind: "huber", labelSmoothing: 0.1 }), /labelSmoothing/);
  assert.throws(() => klStandardNormal(tensor([1, 2]), tensor([1, 2], [2, 1])), /same shape/);
});
