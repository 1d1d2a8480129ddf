/** Penalties and constraints: exact gradients of the whole loss, values by hand, what they refuse. */

import assert from "node:assert/strict";
import {
  activation,
  type Constraint,
  conv2d,
  conv2dTranspose,
  decodeModel,
  DeconvError,
  dense,
  encodeModel,
  flatten,
  l1,
  l1l2,
  l2,
  maxNorm,
  minMaxNorm,
  type Model,
  nonNeg,
  type Regularizer,
  sequential,
  sgd,
  type Tensor,
  tensor,
  unitNorm,
} from "../mod.ts";
import { runtime } from "../core/wasm/runtime.ts";
import { constrain, penalty } from "../core/wasm/weights.ts";
import { assertClose } from "./harness/compare.ts";
import { gradcheck } from "./harness/gradcheck.ts";
import { randomNormal } from "./harness/random_array.ts";
import { assertSameBits, onThreads, TWO_THREADS } from "./harness/threads.ts";

const sum = (values: Iterable<number>) => [...values].reduce((total, v) => total + v, 0);
const magnitudes = (values: Float32Array) => sum(values.map(Math.abs));
const squares = (values: Float32Array) => sum([...values].map((v) => v * v));

/** A network with every penalty there is, smooth but for |w|. */
function penalized(): Model {
  return sequential([
    conv2d({
      filters: 3,
      kernelSize: 3,
      activation: "tanh",
      kernelRegularizer: l1l2({ l1: 0.03, l2: 0.02 }),
      biasRegularizer: "l2",
      biasInitializer: "random_normal",
      activityRegularizer: l2(0.3),
      inputShape: [4, 4, 2],
    }),
    conv2dTranspose({
      filters: 2,
      kernelSize: 2,
      activation: "softplus",
      kernelRegularizer: l2(0.05),
      activityRegularizer: l1(0.02),
    }),
    flatten(),
    dense({ units: 2, kernelRegularizer: l1(0.04), activation: "sigmoid" }),
  ], { seed: 3 });
}

Deno.test("the gradient of the whole loss, penalties included", () => {
  const net = penalized(), x = randomNormal([3, 4, 4, 2], 1), y = randomNormal([3, 2], 2);
  // A rate of 1 and no momentum: a step takes the gradient off the weights.
  net.compile({ loss: "mse", optimizer: sgd({ learningRate: 0 }) });
  const place = (arrays: Float32Array[]) =>
    net.parameters.forEach(({ value }, i) => value.view.set(arrays[i]));
  // Away from 0, where magnitudes have a kink.
  const values = net.parameters.map(({ value }) => value.view.map((v) => v + 0.1 * Math.sign(v)));
  gradcheck(
    (...arrays) => {
      place(arrays);
      return [net.trainOnBatch(x, y)];
    },
    ([dy], ...arrays) => {
      place(arrays);
      net.trainOnBatch(x, y);
      return net.parameters.map(({ gradient }) => gradient.view.map((v) => dy * v));
    },
    values,
    { step: 2e-3, tolerance: 3e-3, inputNames: net.parameters.map(({ name }) => name) },
  );
});

Deno.test("the loss that is reported has the penalties in it", async () => {
  const net = penalized(), x = randomNormal([5, 4, 4, 2], 1), y = randomNormal([5, 2], 2);
  const plain = (net: Model) => net.predict(x).data.map((v, i) => v - y.data[i]);
  const of = (name: string) => net.getWeights(name).data;
  const [first, second] = net.activations(x).map(({ output }) => output.data);
  const weights = 0.03 * magnitudes(of("conv2d_1/kernel")) + 0.02 * squares(of("conv2d_1/kernel")) +
    0.01 * squares(of("conv2d_1/bias")) + 0.05 * squares(of("conv2d_transpose_1/kernel")) +
    0.04 * magnitudes(of("dense_1/kernel"));
  const activities = (0.3 * squares(first) + 0.02 * magnitudes(second)) / 5;
  const expected = squares(plain(net)) / 10 + weights + activities;
  net.compile({ loss: "mse", optimizer: sgd({ learningRate: 0 }), metrics: ["mse"] });
  assertClose([net.trainOnBatch(x, y)], [expected], { name: "a step" });
  for (const batchSize of [2, 5]) {
    const logs = await net.evaluate(x, y, { batchSize });
    assertClose([logs.loss], [expected], { name: "evaluation" });
    assertClose([logs.mse], [squares(plain(net)) / 10], { name: "a metric has none" });
    const { history } = await net.fit(x, y, { batchSize });
    assertClose(history.loss, [expected], { name: "a run" });
  }
  // What is frozen is not penalized, but its activities are.
  net.layers[0].trainable = false;
  const frozen = expected - weights + 0.05 * squares(of("conv2d_transpose_1/kernel")) +
    0.04 * magnitudes(of("dense_1/kernel"));
  assertClose([(await net.evaluate(x, y)).loss], [frozen], { name: "frozen" });
});

Deno.test("a penalty on the activities of a relu, of a fused ending, of a layer that does not learn", () => {
  const x = tensor([1, -2], [2, 1]), y = tensor([1, 0], [2, 1]);
  const gradientOf = (activity: Regularizer | null, kind: "relu" | "sigmoid", frozen = false) => {
    const net = sequential([
      dense({
        units: 1,
        activation: kind === "relu" ? "relu" : "linear",
        trainable: !frozen,
        useBias: false,
        activityRegularizer: kind === "relu" ? activity : null,
        inputShape: [1],
      }),
      dense({
        units: 1,
        activation: kind === "relu" ? "linear" : "sigmoid",
        useBias: false,
        activityRegularizer: kind === "sigmoid" ? activity : null,
      }),
    ]);
    net.setWeights("dense_1/kernel", tensor([3], [1, 1]));
    net.setWeights("dense_2/kernel", tensor([0.5], [1, 1]));
    net.compile({
      loss: kind === "relu" ? "mse" : "binary_crossentropy",
      optimizer: sgd({ learningRate: 0 }),
    });
    const loss = net.trainOnBatch(x, y);
    return [loss, ...net.parameters.map(({ gradient }) => gradient.view[0])];
  };
  const difference = (kind: "relu" | "sigmoid", frozen = false) => {
    const [a, b] = [l2(0.1), null].map((penalty) => gradientOf(penalty, kind, frozen));
    return a.map((v, i) => v - b[i]);
  };
  // relu(3·1) = 3 and relu(3·-2) = 0: 0.1·9/2, and its slope 0.1·2·3/2·1.
  assertClose(difference("relu"), [0.45, 0.3, 0]);
  assertClose(difference("relu", true), [0.45, 0, 0]);
  // s = sigmoid(1.5), t = sigmoid(-3).
  const s = 1 / (1 + Math.exp(-1.5)), t = 1 / (1 + Math.exp(3));
  const slope = (v: number) => 0.1 * v * v * (1 - v); // of 0.1·v²/2 by what goes into the sigmoid
  assertClose(difference("sigmoid"), [
    0.05 * (s * s + t * t),
    slope(s) * 0.5 - slope(t) * 0.5 * 2,
    slope(s) * 3 - slope(t) * 6,
  ], { tolerance: 1e-5 });
});

Deno.test("the kernel of penalties: ragged lengths, 0 has no slope, the same bits on two threads", () => {
  for (const length of [1, 3, 4, 17, 16384, 40001]) {
    const { data } = randomNormal([length], length);
    data[0] = 0;
    const x = runtime().allocate(length), g = runtime().allocate(length);
    x.view.set(data);
    // What the padding holds must not count.
    const memory = new Float32Array(
      runtime().memory.buffer,
      x.address,
      Math.ceil(length / 16) * 16,
    );
    memory.fill(NaN, length);
    const run = () => {
      g.view.fill(1);
      return [penalty({ l1: 0.5, l2: 0.25 }, x, g, 2), ...g.view];
    };
    const one = onThreads(1, run);
    assertClose([one[0]], [magnitudes(data) + 0.5 * squares(data)], { name: `${length}` });
    assertClose(
      one.slice(1),
      Float64Array.from(data, (v) => 1 + Math.sign(v) + v),
      { name: `gradient of ${length}` },
    );
    if (TWO_THREADS) assert.deepEqual(onThreads(2, run), one);
    runtime().release(x);
    runtime().release(g);
  }
});

/** Weights after a constraint, in double: by index arithmetic over all axes. */
function constrained(
  { shape, data }: Tensor,
  axes: readonly number[],
  to: (norm: number) => number,
) {
  const keyOf = (index: number) => {
    const at = shape.map((size, i) => {
      const stride = shape.slice(i + 1).reduce((a, b) => a * b, 1);
      return Math.floor(index / stride) % size;
    });
    return at.filter((_, i) => !axes.includes(i)).join();
  };
  const norms = new Map<string, number>();
  data.forEach((v, i) => norms.set(keyOf(i), (norms.get(keyOf(i)) ?? 0) + v * v));
  return Float64Array.from(data, (v, i) => {
    const norm = Math.sqrt(norms.get(keyOf(i))!);
    return to(norm) === norm ? v : v * to(norm) / (norm + 1e-7);
  });
}

Deno.test("norm constraints over any axes, against plain sums", () => {
  const clamp = (v: number, low: number, high: number) => Math.min(Math.max(v, low), high);
  const shapes = [[3, 3, 5, 7], [2, 2, 4, 16], [1, 3, 2, 37], [1, 1, 1, 1]];
  for (const shape of shapes) {
    const w = randomNormal(shape, 5);
    const all: (number[] | undefined)[] = [undefined, [0], [0, 1], [0, 1, 3], [3], [-2], [1, 3], [
      0,
      1,
      2,
      3,
    ]];
    for (const axis of all) {
      const axes = (axis ?? [0, 1, 2]).map((a) => a < 0 ? a + 4 : a);
      const cases: [Constraint, (norm: number) => number][] = [
        [maxNorm(1.5, { axis }), (norm) => clamp(norm, 0, 1.5)],
        [unitNorm({ axis }), () => 1],
        [
          minMaxNorm({ minValue: 1, maxValue: 1.5, rate: 0.25, axis }),
          (norm) => 0.25 * clamp(norm, 1, 1.5) + 0.75 * norm,
        ],
      ];
      for (const [constraint, to] of cases) {
        const block = runtime().allocate(w.data.length);
        const run = () => {
          block.view.set(w.data);
          constrain(constraint as never, shape, block);
          return block.view.slice();
        };
        const name = `${JSON.stringify(constraint)} of [${shape}]`;
        const one = onThreads(1, run);
        assertClose(one, constrained(w, axes, to), { name, tolerance: 2e-6 });
        if (TWO_THREADS) assertSameBits(onThreads(2, run), one, name);
        runtime().release(block);
      }
    }
  }
});

Deno.test("a norm inside its limits is left as it is, weights of 0 stay", () => {
  const block = runtime().allocate(8);
  block.view.set([0.5, 0, 0.25, 3, 0.5, 0, 0.25, 4]);
  constrain(maxNorm(2) as never, [2, 4], block);
  const v = block.view;
  assert.deepEqual([v[0], v[1], v[2], v[4], v[5], v[6]], [0.5, 0, 0.25, 0.5, 0, 0.25]);
  assertClose([v[3], v[7]], [1.2, 1.6]);
  constrain(unitNorm() as never, [2, 4], block);
  assert.equal(v[1], 0);
});

Deno.test("constraints hold after every step, and are saved with the layer", () => {
  const net = sequential([
    conv2d({
      filters: 4,
      kernelSize: 3,
      kernelConstraint: maxNorm(0.5),
      biasConstraint: "non_neg",
      kernelRegularizer: l2(1e-3),
      activityRegularizer: "l1",
      inputShape: [6, 6, 2],
    }),
    activation("tanh"),
    flatten(),
    dense({ units: 3, kernelConstraint: unitNorm(), biasConstraint: nonNeg() }),
  ]);
  const x = randomNormal([8, 6, 6, 2], 1), y = randomNormal([8, 3], 2);
  net.compile({ loss: "mse", optimizer: sgd({ learningRate: 0.5 }) });
  const check = (net: Model) => {
    const columns = (name: string, n: number) => {
      const { data } = net.getWeights(name);
      return Array.from(
        { length: n },
        (_, c) => Math.sqrt(squares(data.filter((_, i) => i % n === c))),
      );
    };
    for (const norm of columns("conv2d_1/kernel", 4)) assert.ok(norm <= 0.5 + 1e-6, `${norm}`);
    assertClose(columns("dense_1/kernel", 3), [1, 1, 1]);
    for (const name of ["conv2d_1/bias", "dense_1/bias"]) {
      const { data } = net.getWeights(name);
      assert.ok(data.every((v) => v >= 0), name);
    }
  };
  for (let step = 0; step < 5; step++) {
    net.trainOnBatch(x, y);
    check(net);
  }
  const { model } = decodeModel(encodeModel(net));
  assert.deepEqual(
    model.layers.map(({ config }) => config),
    net.layers.map(({ config }) => config),
  );
  assert.deepEqual(model.layers[0].activityRegularizer, { l1: 0.01, l2: 0 });
  assert.equal(model.trainOnBatch(x, y), net.trainOnBatch(x, y));
  check(model);
});

Deno.test("penalties and constraints that cannot be: what, where, and what to do", () => {
  const cases: [RegExp, object][] = [
    [/dense "d": l1 of a regularizer must be a number of at least 0; it is -1/, {
      kernelRegularizer: { l1: -1 },
    }],
    [/no regularizer "l3"; use l1\(\), l2\(\) or l1l2\(\)/, { biasRegularizer: "l3" }],
    [/a regularizer has no option "l4"/, { activityRegularizer: { l4: 1 } }],
    [/no constraint "max".*use maxNorm\(\)/, { kernelConstraint: "max" }],
    [/minValue <= maxValue.* 2 and 1/, {
      kernelConstraint: { kind: "norm", minValue: 2, maxValue: 1, rate: 1 },
    }],
  ];
  const refused = (run: () => unknown, message: RegExp) =>
    assert.throws(run, (error: Error) => {
      assert.ok(error instanceof DeconvError, error.stack);
      assert.match(error.message, message);
      return true;
    });
  for (const [message, options] of cases) {
    refused(() => dense({ units: 1, name: "d", ...options }), message);
  }
  refused(() => minMaxNorm({ rate: 2 }), /rate of a norm constraint must be from 0 to 1; it is 2/);
  refused(
    () =>
      sequential([dense({ units: 1, kernelConstraint: maxNorm(1, { axis: 2 }), inputShape: [3] })]),
    /axis \[2\] of the norm constraint on dense_1\/kernel does not fit its shape \[3,1\]/,
  );
  refused(
    () =>
      sequential([
        conv2d({
          filters: 2,
          kernelSize: 3,
          kernelConstraint: maxNorm(1, { axis: [0, 2] }),
          inputShape: [4, 4, 2],
        }),
      ]),
    /\[0,2\].*neighbouring axes/,
  );
});
