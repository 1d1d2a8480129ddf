/**
 * The references against PyTorch: golden cases always, the whole oracle where it lies beside the
 * repo (../shared/oracle). Their gradients are also checked in tests/reference/gradient_test.ts.
 */

import assert from "node:assert/strict";
import conv2dGolden from "./golden/conv2d.json" with { type: "json" };
import conv2dTransposeGolden from "./golden/conv2d_transpose.json" with { type: "json" };
import conv2dTransposeSameGolden from "./golden/conv2d_transpose_same.json" with { type: "json" };
import layersGolden from "./golden/layers.json" with { type: "json" };
import lossesGolden from "./golden/losses.json" with { type: "json" };
import optimizersGolden from "./golden/optimizers.json" with { type: "json" };
import { assertClose } from "./harness/compare.ts";
import {
  type GoldenFile,
  type OracleCase,
  oraclePresent,
  readGolden,
  readOracle,
} from "./harness/oracle.ts";
import {
  replayConv2d,
  replayConv2dTranspose,
  type Replayed,
  replayLayer,
  replayLoss,
  replayOptimizer,
} from "./harness/oracle_replay.ts";
import { replaySeedModel } from "./harness/seed_model.ts";
import { resolveConv2d, resolveConv2dTranspose } from "./reference/padding.ts";

/** Inputs and results are stored as float32, so more than its rounding cannot be asked for. */
const TOLERANCE = 5e-7;

/** Every oracle file: how to compute it again, its golden part, and how many cases must be checked. */
const files: {
  file: string;
  replay: (c: OracleCase) => Replayed;
  golden: unknown;
  inGolden: number;
  inOracle: number;
}[] = [
  { file: "conv2d", replay: replayConv2d, golden: conv2dGolden, inGolden: 5, inOracle: 14 },
  {
    file: "conv2d_transpose",
    replay: replayConv2dTranspose,
    golden: conv2dTransposeGolden,
    inGolden: 2,
    inOracle: 10,
  },
  {
    file: "conv2d_transpose_same",
    replay: replayConv2dTranspose,
    golden: conv2dTransposeSameGolden,
    inGolden: 2,
    inOracle: 5,
  },
  { file: "layers", replay: replayLayer, golden: layersGolden, inGolden: 14, inOracle: 16 },
  { file: "losses", replay: replayLoss, golden: lossesGolden, inGolden: 8, inOracle: 8 },
  {
    file: "optimizers",
    replay: replayOptimizer,
    golden: optimizersGolden,
    inGolden: 9,
    inOracle: 9,
  },
];

/** Compares everything the reference computed with what is stored; false if there is no reference. */
function check(c: OracleCase, replayed: Replayed): boolean {
  if (replayed === null) return false;
  for (const [name, value] of Object.entries(replayed)) {
    assertClose(value, c.tensors[name], { name: `${c.name} ${name}`, tolerance: TOLERANCE });
  }
  return true;
}

for (const { file, replay, golden, inGolden, inOracle } of files) {
  Deno.test(`reference ${file}: golden PyTorch numbers`, () => {
    const cases = readGolden(golden as GoldenFile);
    assert.equal(cases.filter((c) => check(c, replay(c))).length, inGolden);
  });

  Deno.test({
    name: `reference ${file}: the whole oracle in ../shared`,
    ignore: !oraclePresent(),
    fn: () => {
      // At least: the oracle may grow, but a case once checked may not drop out unseen.
      const checked = readOracle(file).filter((c) => check(c, replay(c))).length;
      assert.ok(checked >= inOracle, `${checked} cases checked, expected ${inOracle}`);
    },
  });
}

Deno.test({
  name: "references together: the oracle's twelve training steps",
  ignore: !oraclePresent(),
  fn: () => {
    const [model] = readOracle("seed_model");
    // Adam's first steps are lr·sign(g): rounded inputs are magnified where g is nearly 0.
    for (const [name, value] of Object.entries(replaySeedModel(model))) {
      assertClose(value, model.tensors[name], { name, tolerance: 1e-5 });
    }
  },
});

Deno.test("reference tests notice a wrong number", () => {
  const [first] = readGolden(conv2dGolden as GoldenFile);
  const replayed = replayConv2d(first)!;
  replayed.dx.data[7] += 1e-5;
  assert.throws(() => check(first, replayed), /conv2d\/000\/ dx: 1 of 25 off.*\[0,1,2,0\]/);
});

Deno.test("padding: conv2d's same, by hand", () => {
  const shapes = (inputShape: number[], kernelSize: number, strides: number) => {
    const options = { filters: 1, kernelSize, strides, padding: "same" } as const;
    const { settings, outputShape } = resolveConv2d(inputShape, options);
    return [...settings.pads, ...outputShape.slice(1, 3)];
  };
  assert.deepEqual(shapes([1, 8, 7, 1], 3, 1), [1, 1, 1, 1, 8, 7]);
  assert.deepEqual(shapes([1, 8, 7, 1], 3, 2), [0, 1, 1, 1, 4, 4]);
  assert.deepEqual(shapes([1, 5, 6, 1], 2, 1), [0, 0, 1, 1, 5, 6]);
  assert.deepEqual(shapes([1, 7, 7, 1], 1, 3), [0, 0, 0, 0, 3, 3]);
});

Deno.test("padding: conv2d_transpose as Keras 3 sizes it, by hand", () => {
  const shapes = (
    padding: "same" | "valid",
    kernelSize: number,
    strides: number,
    outputPadding?: number,
  ) => {
    const options = { filters: 1, kernelSize, strides, padding, outputPadding };
    const { settings, outputShape } = resolveConv2dTranspose([1, 4, 4, 1], options);
    const { pads, outputPadding: [added] } = settings;
    return { crop: [pads[0], pads[2]], added, size: outputShape[1] };
  };
  assert.deepEqual(shapes("same", 3, 2), { crop: [0, 1], added: 0, size: 8 });
  assert.deepEqual(shapes("same", 4, 2), { crop: [1, 1], added: 0, size: 8 });
  assert.deepEqual(shapes("same", 2, 3), { crop: [0, 0], added: 1, size: 12 });
  assert.deepEqual(shapes("same", 3, 2, 0), { crop: [1, 1], added: 0, size: 7 });
  assert.deepEqual(shapes("same", 3, 2, 1), { crop: [0, 1], added: 0, size: 8 });
  assert.deepEqual(shapes("valid", 3, 2), { crop: [0, 0], added: 0, size: 9 });
  assert.deepEqual(shapes("valid", 1, 2), { crop: [0, 0], added: 1, size: 8 });
  assert.deepEqual(shapes("valid", 3, 2, 1), { crop: [0, 0], added: 1, size: 10 });
});
