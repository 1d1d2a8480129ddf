/** Metrics against their definitions, over any batches, beside any loss; what is refused. */

import assert from "node:assert/strict";
import {
  confusionMatrix,
  decodeModel,
  DeconvError,
  dense,
  encodeModel,
  input,
  type Loss,
  type Metric,
  type Metrics,
  model,
  sequential,
  type Shape,
  type Tensor,
  tensor,
} from "../mod.ts";
import { runtime } from "../core/wasm/runtime.ts";
import { lossConfig, outputMeaning } from "../core/losses.ts";
import { metricConfig, startMetric } from "../core/metrics.ts";
import { assertClose } from "./harness/compare.ts";
import {
  randomDistributions,
  randomIntegers,
  randomOneHot,
  randomUniform,
} from "./harness/random_array.ts";
import { ssimLoss } from "./reference/ssim.ts";
import { amongTop, auc, classScores, type Decided, macro } from "./reference/metric.ts";

/** A metric of these outputs and targets, added so many pictures at a time. */
function measure(
  metric: Metric,
  loss: Loss,
  output: Tensor,
  target: Tensor,
  batch = output.shape[0],
): number {
  const meaning = outputMeaning(lossConfig(loss)), shape = output.shape.slice(1);
  const total = startMetric(metricConfig(metric), { shape, meaning });
  const count = output.shape[0];
  for (let from = 0; from < count; from += batch) {
    const to = Math.min(count, from + batch);
    const [y, t] = [output, target].map(({ data }) => {
      const width = data.length / count;
      const block = runtime().allocate((to - from) * width);
      block.view.set(data.subarray(from * width, to * width));
      return block;
    });
    total.add(y, t, [to - from, ...shape]);
    [y, t].forEach((block) => runtime().release(block));
  }
  return total.value();
}

/** The same however the pictures are cut into batches. */
function check(metric: Metric, loss: Loss, output: Tensor, target: Tensor, expected: number) {
  for (const batch of [1, 4, output.shape[0]]) {
    const value = measure(metric, loss, output, target, batch);
    assertClose([value], [expected], {
      name: `${JSON.stringify(metric)} by ${batch}`,
      tolerance: 1e-12,
    });
  }
}

/** The rows of a tensor. */
function rowsOf({ shape, data }: Tensor): number[][] {
  const width = shape[shape.length - 1];
  return Array.from(
    { length: data.length / width },
    (_, i) => [...data.subarray(i * width, (i + 1) * width)],
  );
}

const best = (row: number[]) => row.indexOf(Math.max(...row));
const sparse = "sparse_categorical_crossentropy", categorical = "categorical_crossentropy";

Deno.test("decisions for classes, from one-hot rows and from class numbers", () => {
  for (const shape of [[9, 4], [5, 3, 2, 6], [11, 2]] as Shape[]) {
    const y = randomDistributions(shape, 1), classes = shape[shape.length - 1];
    const labels = randomIntegers(shape.slice(0, -1), 2, classes);
    const oneHot = tensor(
      [...labels.data].flatMap((c) => Array.from({ length: classes }, (_, k) => +(k === c))),
      shape,
    );
    const decided: Decided = { actual: [...labels.data], predicted: rowsOf(y).map(best) };
    const right = decided.actual.filter((c, i) => c === decided.predicted[i]).length;
    const share = right / decided.actual.length;
    const expected: [Metric, number][] = [
      ["accuracy", share],
      ...(["precision", "recall", "f1"] as const).flatMap((kind): [Metric, number][] => [
        [kind, macro(decided, classes, kind)],
        [{ kind, average: "micro" }, share],
      ]),
      ["mean_iou", macro(decided, classes, "iou")],
      ...[1, 2].map((k): [Metric, number] => {
        const among = rowsOf(y).filter((row, i) => amongTop(row, decided.actual[i], k));
        return [`top_${k}`, among.length / decided.actual.length];
      }),
      ["auc", auc(y.data, [...oneHot.data].map((t) => t === 1))],
    ];
    for (const [metric, value] of expected) {
      check(metric, sparse, y, labels, value);
      check(metric, categorical, y, oneHot, value);
      if (metric === "auc") continue;
      const config = metricConfig(metric);
      if (config.kind !== "top_k") {
        check({ ...config, kind: config.kind, classes: true } as Metric, "mse", y, oneHot, value);
      }
    }
  }
});

Deno.test("decisions by a threshold", () => {
  const y = randomUniform([7, 3, 3, 2], 3), t = randomIntegers([7, 3, 3, 2], 4, 2);
  for (const threshold of [0.5, 0.2, 0.9]) {
    const predicted = [...y.data].map((v) => +(v > threshold));
    const decided = { actual: [...t.data], predicted };
    const { precision, recall, f1 } = classScores(decided, 1);
    const loss = "binary_crossentropy";
    check({ kind: "precision", threshold }, loss, y, t, precision);
    check({ kind: "recall", threshold }, loss, y, t, recall);
    check({ kind: "f1", threshold }, loss, y, t, f1);
    check({ kind: "mean_iou", threshold }, loss, y, t, macro(decided, 2, "iou"));
    const right = predicted.filter((p, i) => p === t.data[i]).length / predicted.length;
    check({ kind: "accuracy", threshold }, loss, y, t, right);
    // The same decisions from logits.
    const logits = tensor([...y.data].map((p) => Math.log(p / (1 - p))), y.shape);
    check({ kind: "f1", threshold }, { kind: loss, fromLogits: true }, logits, t, f1);
    const dices = Array.from({ length: 7 }, (_, i) => {
      const part = (of: number[]) => of.slice(18 * i, 18 * i + 18);
      return classScores({ actual: part([...t.data]), predicted: part(predicted) }, 1).f1;
    });
    check({ kind: "dice", threshold }, loss, y, t, dices.reduce((a, b) => a + b) / 7);
  }
});

Deno.test("scikit-learn's examples", () => {
  // metrics.f1_score, precision_score, recall_score, jaccard_score: y_true, y_pred of their pages.
  const labels = tensor([0, 1, 2, 0, 1, 2]), guesses = [0, 2, 1, 0, 0, 1];
  const y = tensor(guesses.flatMap((c) => [0, 1, 2].map((k) => +(k === c))), [6, 3]);
  check("f1", sparse, y, labels, 4 / 15);
  check("precision", sparse, y, labels, 2 / 9);
  check("recall", sparse, y, labels, 1 / 3);
  // metrics.roc_auc_score: 0.75.
  const scores = tensor([0.1, 0.4, 0.35, 0.8], [4, 1]), truth = tensor([0, 0, 1, 1], [4, 1]);
  check("auc", "binary_crossentropy", scores, truth, 0.75);
  // metrics.top_k_accuracy_score: k = 2 gives 0.75, k = 3 gives 1.
  const top = tensor([0.5, 0.2, 0.2, 0.3, 0.4, 0.2, 0.2, 0.4, 0.3, 0.7, 0.2, 0.1], [4, 3]);
  check("top_2", sparse, top, tensor([0, 1, 2, 2]), 0.75);
  check({ kind: "top_k", k: 3 }, sparse, top, tensor([0, 1, 2, 2]), 1);
});

Deno.test("dice: the mean over pictures, and over the classes in each", () => {
  const y = tensor([1, 1, 0, 0, 0, 0, 0, 0], [2, 4, 1]);
  const t = tensor([1, 0, 0, 0, 0, 0, 0, 0], [2, 4, 1]);
  check("dice", "mse", y, t, (2 / 3 + 1) / 2); // the second picture is empty in both
  const labels = tensor([0, 0, 1, 2, 2, 2, 2, 2], [2, 4]);
  const guesses = [0, 1, 1, 1, 2, 2, 2, 2];
  const z = tensor(guesses.flatMap((c) => [0, 1, 2].map((k) => +(k === c))), [2, 4, 3]);
  check("dice", sparse, z, labels, ((2 / 3 + 2 / 4 + 0) / 3 + 1) / 2);
});

Deno.test("psnr: the mean of the pictures' own", () => {
  const y = tensor([0, 0, 0.5, 0.5], [2, 2]), t = tensor([0.1, 0.1, 0.5, 0.6], [2, 2]);
  const db = (mse: number) => 10 * Math.log10(1 / mse);
  const expected = (db(0.01) + db(0.005)) / 2;
  assertClose([measure("psnr", "mse", y, t)], [expected], { tolerance: 1e-6 });
  const wide = { kind: "psnr", dataRange: 255 } as const;
  assertClose([measure(wide, "mse", y, t)], [expected + 20 * Math.log10(255)]);
  assert.equal(measure("psnr", "mse", y, y), Infinity);
});

Deno.test("values exactly at 0, 1 and the threshold; ties; classes that do not occur", () => {
  const bce = "binary_crossentropy";
  const y = tensor([0, 1, 0.5, 0.5], [4, 1]), t = tensor([0, 1, 1, 0], [4, 1]);
  check("accuracy", bce, y, t, 0.75); // ½ itself is class 0
  check("auc", bce, y, t, 0.875);
  for (const threshold of [0, 1]) {
    check({ kind: "recall", threshold }, bce, y, t, threshold ? 0 : 1);
    const logits = { kind: bce, fromLogits: true } as const;
    check({ kind: "recall", threshold }, logits, y, t, threshold ? 0 : 1);
  }
  const zeros = tensor([0, 0], [2, 1]), ones = tensor([1, 1], [2, 1]);
  for (const kind of ["precision", "recall", "f1"] as const) {
    check(kind, bce, zeros, zeros, 0);
    check(kind, bce, zeros, ones, 0);
    check(kind, bce, ones, ones, 1);
  }
  check("mean_iou", bce, zeros, zeros, 1); // one class, right everywhere
  check("dice", bce, zeros, zeros, 1);
  check("dice", bce, ones, zeros, 0);
  check("auc", bce, y, tensor([1, 1, 1, 1], [4, 1]), NaN); // no negatives
  // Of equal outputs the first counts as larger, for accuracy and for top_k alike.
  const flat = tensor([1, 1, 1, 1, 1, 1], [2, 3]);
  for (const metric of ["accuracy", "top_1"] as const) {
    check(metric, sparse, flat, tensor([0, 2]), 0.5);
  }
});

Deno.test("a NaN among the outputs makes every metric NaN", () => {
  const y = tensor([0.1, NaN, 0.8, 0.2, 0.5, 0.5], [3, 2]), t = tensor([0, 1, 1, 0, 1, 0], [3, 2]);
  const metrics: Metric[] = ["accuracy", "precision", "recall", "f1", "mean_iou", "dice", "auc"];
  for (const metric of metrics) {
    check(metric, "binary_crossentropy", y, t, NaN);
    check(metric, categorical, y, t, NaN);
  }
  check({ kind: "f1", average: "micro" }, categorical, y, t, NaN);
  check("top_1", categorical, y, t, NaN);
  for (const metric of ["mse", "mae", "psnr"] as const) check(metric, "mse", y, t, NaN);
});

/** Two outputs: three classes, and two numbers. */
function twoHeads() {
  const x = input({ shape: [4] });
  const kind = dense({ units: 3, activation: "softmax", name: "kind" }).apply(x);
  const flag = dense({ units: 2, activation: "sigmoid", name: "flag" }).apply(x);
  return model({ inputs: x, outputs: [kind, flag] }, { seed: 3 });
}

Deno.test("metrics of every output are logged under its name, saved and loaded", async () => {
  const net = twoHeads(), x = randomUniform([10, 4], 1);
  const ys = [randomIntegers([10], 2, 3), randomOneHot([10, 2], 3)];
  const loss: Loss[] = [sparse, "binary_crossentropy"];
  const metrics: Metrics = [["accuracy", "top_2"], [{ kind: "f1", threshold: 0.4, name: "hit" }]];
  net.compile({ loss, metrics, lossWeights: [1, 0.5] });
  const logs = await net.evaluate(x, ys, { batchSize: 3 });
  assert.deepEqual(Object.keys(logs), [
    "loss",
    "kind_loss",
    "flag_loss",
    "kind_accuracy",
    "kind_top_2",
    "flag_hit",
  ]);
  assertClose([logs.loss], [logs.kind_loss + 0.5 * logs.flag_loss]);
  const [kinds, flags] = net.predictAll(x);
  assert.equal(logs.kind_top_2, measure("top_2", sparse, kinds, ys[0]));
  const hit = { kind: "f1", threshold: 0.4 } as const;
  assert.equal(logs.flag_hit, measure(hit, "binary_crossentropy", flags, ys[1]));
  const { model: again } = decodeModel(encodeModel(net));
  assert.deepEqual(again.compiled!.metrics, net.compiled!.metrics);
  assert.deepEqual(await again.evaluate(x, ys, { batchSize: 3 }), logs);
  net.compile({ loss, metrics: ["accuracy"] });
  assert.ok("kind_accuracy" in await net.evaluate(x, ys));
  assert.ok(!("flag_accuracy" in await net.evaluate(x, ys)));
});

Deno.test("metrics of a running epoch are worked out when they are read", async () => {
  const net = twoHeads(), x = randomUniform([6, 4], 1);
  const ys = [randomIntegers([6], 2, 3), randomOneHot([6, 2], 3)];
  net.compile({ loss: [sparse, "binary_crossentropy"], metrics: [[], ["auc", "accuracy"]] });
  const seen: Record<string, number>[] = [];
  const { history } = await net.fit(x, ys, {
    batchSize: 3,
    onBatchEnd: (_, logs) => void seen.push({ ...logs }),
  });
  assert.equal(seen.length, 2);
  for (const name of ["loss", "kind_loss", "flag_auc", "flag_accuracy"]) {
    assert.equal(seen[1][name], history[name][0], name);
  }
});

Deno.test("metrics that do not exist, do not fit or are called alike are refused", () => {
  const refuse = (loss: Loss, metrics: unknown, pattern: RegExp, units = 3) => {
    const net = sequential([dense({ units, inputShape: [2] })]);
    assert.throws(() => net.compile({ loss, metrics: metrics as Metrics }), (error: Error) => {
      assert.ok(error instanceof DeconvError, error.stack);
      assert.match(error.message, pattern);
      assert.doesNotMatch(error.message, /\n/);
      return true;
    });
  };
  refuse("mse", ["f2"], /"f2".*accuracy.*ssim/);
  refuse("mse", ["__proto__"], /no metric/);
  refuse("mse", [null], /no metric/);
  refuse("mse", [{ kind: "mse", k: 2 }], /"mse" has no option "k"; it has name/);
  refuse("mse", [{ kind: "f1", average: "weighted" }], /average of f1.*weighted/);
  refuse("mse", [{ kind: "f1", average: 1 }], /average.*string.*1/);
  refuse("mse", [{ kind: "f1", classes: 1 }], /classes.*boolean.*1/);
  refuse("mse", [{ kind: "f1", average: "macro" }], /classes: true/);
  refuse("mse", [{ kind: "f1", threshold: 2 }], /threshold of f1.*2/);
  refuse("mse", [{ kind: "accuracy", threshold: NaN }], /threshold.*NaN/);
  refuse("mse", [{ kind: "psnr", dataRange: 0 }], /dataRange.*0/);
  refuse("mse", [{ kind: "f1", name: "" }], /name of the metric f1/);
  refuse("mse", ["mse", "mse"], /Two metrics.*"mse"/);
  refuse("mse", [{ kind: "mse", name: "loss" }], /"loss"/);
  refuse("mse", ["top_0"], /k of top_k.*0/);
  refuse("mse", ["top_4"], /top_4 needs 4 classes.*3/);
  refuse("mse", ["top_1"], /two classes/, 1);
  refuse("mse", [["mse"], ["mse"]], /1 list/);
  refuse("mse", [["mse"], "mse"], /list/);
  refuse("mse", "mse", /must be a list/);
  refuse("mse", ["ssim"], /ssim is for pictures.*\[3\]/);
  refuse("mse", [{ kind: "ssim", windowSize: 2 }], /windowSize.*odd/);
  for (const kind of ["mse", "mae", "psnr", "ssim"]) refuse(sparse, [kind], /class numbers/);
  refuse(sparse, [{ kind: "f1", classes: false }], /class numbers.*threshold/);
  refuse(sparse, [{ kind: "f1", average: "binary" }], /macro.*3 classes/);
  refuse(sparse, ["accuracy"], /two classes/, 1);
  refuse(sparse, ["auc"], /two classes/, 1);
});

Deno.test("confusionMatrix counts by hand, from class numbers, one-hot rows and a threshold", () => {
  const y = tensor([0.7, 0.2, 0.1, 0.1, 0.6, 0.3, 0.5, 0.1, 0.4, 0.2, 0.2, 0.6], [4, 3]);
  const labels = tensor([0, 1, 2, 2]);
  const oneHot = tensor([1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 1], [4, 3]);
  const counts = [[1, 0, 0], [0, 1, 0], [1, 0, 1]];
  for (const t of [labels, tensor(labels.data, [4, 1]), oneHot]) {
    assert.deepEqual(confusionMatrix(y, t).counts, counts);
  }
  const { counts: two } = confusionMatrix(
    tensor([0.2, 0.6, 0.5, 1], [4, 1]),
    tensor([0, 1, 1, 0], [4, 1]),
  );
  assert.deepEqual(two, [[1, 1], [1, 1]]);
  const strict = { threshold: 0.6, names: ["no", "yes"] };
  assert.deepEqual(
    confusionMatrix(tensor([0.2, 0.6, 0.7], [3, 1]), tensor([0, 1, 1]), strict).counts,
    [[1, 0], [1, 1]],
  );
  const broken = confusionMatrix(tensor([NaN, 0, 1, 0], [2, 2]), tensor([0, 0]));
  assert.deepEqual([broken.counts, broken.undecided], [[[1, 0], [0, 0]], 1]);
  const ties = confusionMatrix(tensor([1, 1, 1, 1], [2, 2]), tensor([0, 1]));
  assert.deepEqual(ties.counts, [[1, 0], [1, 0]]);
});

Deno.test("confusionMatrix as a table: at most 80 columns, shares at the edges", () => {
  const y = tensor([0.7, 0.2, 0.1, 0.1, 0.6, 0.3, 0.5, 0.1, 0.4, 0.2, 0.2, 0.6], [4, 3]);
  const names = ["cat", "dog", "a name that is far too long"];
  const text = `${confusionMatrix(y, tensor([0, 1, 2, 2]), { names })}`;
  assert.equal(
    text,
    [
      "actual                      cat        dog a name th…  recall",
      "cat                           1          0          0  100.0%",
      "dog                           0          1          0  100.0%",
      "a name that is far …          1          0          1   50.0%",
      "precision                 50.0%     100.0%     100.0%   75.0%",
    ].join("\n"),
  );
  for (const classes of [2, 10, 12, 40]) {
    const scores = randomUniform([500, classes], 6), t = randomIntegers([500], 7, classes);
    const lines = `${confusionMatrix(scores, t)}`.split("\n");
    assert.ok(lines.every((line) => line.length <= 80), lines.join("\n"));
    const labels = lines.filter((line) => line.startsWith("actual"))
      .flatMap((line) => line.split(/\s+/).slice(1, -1));
    assert.deepEqual(labels, Array.from({ length: classes }, (_, c) => `${c}`));
  }
  const none = `${confusionMatrix(tensor([NaN, 0], [1, 2]), tensor([0]))}`;
  assert.match(none, /precision +- +- +-\n\n1 predictions were NaN$/);
});

Deno.test("confusionMatrix refuses what does not fit", () => {
  const y = tensor([1, 0, 0, 1], [2, 2]);
  const refuse = (run: () => unknown, pattern: RegExp) =>
    assert.throws(run, (e: Error) => e instanceof DeconvError && pattern.test(e.message));
  refuse(() => confusionMatrix(y, tensor([1])), /\[2,2\].*\[2\] or \[2,2\].*\[1\]/);
  refuse(() => confusionMatrix(y, tensor([0, 2])), /Label 1 is 2.*there are 2/);
  refuse(() => confusionMatrix(y, tensor([0, 0.5])), /Label 1 is 0.5/);
  refuse(() => confusionMatrix(y, tensor([1, 0, NaN, 0], [2, 2])), /Label 2 is NaN/);
  refuse(() => confusionMatrix(y, tensor([0, 1]), { names: ["a"] }), /1 names for 2/);
  refuse(() => confusionMatrix(tensor([1], []), tensor([1], [])), /at least one class/);
});

Deno.test("ssim: the mean over the pictures, any batches", () => {
  const y = randomUniform([5, 13, 12, 2], 8), t = randomUniform([5, 13, 12, 2], 9);
  const of = (i: number) => {
    const part = ({ data }: Tensor) =>
      tensor(data.subarray(312 * i, 312 * (i + 1)), [1, 13, 12, 2]);
    return 1 - ssimLoss(part(y), part(t)).loss;
  };
  const expected = [0, 1, 2, 3, 4].reduce((sum, i) => sum + of(i), 0) / 5;
  for (const batch of [1, 2, 5]) {
    assertClose([measure("ssim", "mse", y, t, batch)], [expected], { tolerance: 1e-5 });
  }
  assertClose([measure("ssim", "mse", y, y)], [1], { tolerance: 1e-6 });
});
