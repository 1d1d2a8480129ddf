/** conv1d and its transpose beyond their tables of cases: PyTorch's numbers, the adjoint, random geometries. */

import assert from "node:assert/strict";
import fc from "fast-check";
import { conv1d, conv1dTranspose, input, type Layer, model, tensor } from "../mod.ts";
import { conv1dRows, conv1dTable } from "./cases/conv1d.ts";
import { conv1dTransposeTable } from "./cases/conv1d_transpose.ts";
import golden from "./golden/conv1d.json" with { type: "json" };
import { assertAdjoint } from "./harness/adjoint.ts";
import { assertClose } from "./harness/compare.ts";
import { type GoldenFile, type OracleCase, readGolden } from "./harness/oracle.ts";
import { runLayerCase } from "./harness/oracle_layers.ts";
import { checkLayer } from "./harness/run_layer.ts";
import * as conv from "./reference/conv1d.ts";
import * as transposed from "./reference/conv1d_transpose.ts";

const goldenLayer = ({ settings }: OracleCase): Layer =>
  settings.transposed
    ? conv1dTranspose(settings.options as transposed.Conv1dTransposeOptions)
    : conv1d(settings.options as conv.Conv1dOptions);

Deno.test("conv1d: PyTorch's numbers, by the layers and by the references", () => {
  const cases = readGolden(golden as unknown as GoldenFile);
  assert.equal(cases.length, 5);
  for (const c of cases) {
    const { x, kernel, bias, dy } = c.tensors;
    const options = c.settings.options as transposed.Conv1dTransposeOptions;
    const reference = c.settings.transposed ? transposed.conv1dTranspose : conv.conv1d;
    const both = [runLayerCase(c, goldenLayer), reference(x, kernel, bias, dy, options)];
    for (const results of both) {
      for (const [name, values] of Object.entries(results)) {
        assertClose(values, c.tensors[name], { name: `${c.name} ${name}`, tolerance: 2e-6 });
      }
      assert.deepEqual(Object.keys(results).sort(), ["dbias", "dkernel", "dx", "y"]);
    }
  }
});

Deno.test("conv1d: <conv(x), y> = <x, convT(y)> for every case", () => {
  for (const [why, [shape], options] of conv1dRows) {
    const { kernelSize, strides = 1, dilationRate = 1, groups } = options;
    const [left, right] = conv.conv1dPads(shape[1], options);
    const unread = (shape[1] + left + right - dilationRate * (kernelSize - 1) - 1) % strides;
    assertAdjoint(
      why,
      conv1d({ ...options, useBias: false }),
      conv1dTranspose({
        filters: shape[2],
        kernelSize,
        strides,
        padding: [left, right],
        outputPadding: unread,
        dilationRate,
        groups,
        useBias: false,
      }),
      shape,
    );
  }
});

Deno.test("conv1d: causal outputs see nothing later", () => {
  const start = input({ shape: [12, 1] });
  const layers = [1, 2, 4].map((dilationRate) =>
    conv1d({ filters: 3, kernelSize: 2, padding: "causal", dilationRate, activation: "tanh" })
  );
  const net = model({ inputs: start, outputs: layers.reduce((x, l) => l.apply(x), start) });
  const run = (last: number) => {
    const x = Array.from({ length: 12 }, (_, i) => i < 8 ? Math.sin(i) : last);
    return net.predict(tensor(x, [1, 12, 1])).data;
  };
  const [one, other] = [run(0.5), run(-3)];
  assert.deepEqual(one.slice(0, 24), other.slice(0, 24));
  assert.notDeepEqual(one.slice(24, 27), other.slice(24, 27));
});

const whole = (min: number, max: number) => fc.integer({ min, max });

/** Random geometries of either kind that leave at least one output. */
const random = fc.record({
  batch: whole(1, 3),
  length: whole(1, 24),
  kernelSize: whole(1, 6),
  strides: whole(1, 3),
  dilationRate: whole(1, 3),
  padding: fc.oneof(
    fc.constantFrom("same" as const, "valid" as const),
    fc.tuple(whole(0, 4), whole(0, 4)),
  ),
  causal: fc.boolean(),
  groups: fc.oneof({ weight: 3, arbitrary: fc.constant(1) }, whole(2, 5)),
  perGroup: fc.tuple(whole(1, 9), whole(1, 18)),
  outputPadding: fc.option(whole(0, 2), { nil: undefined }),
  useBias: fc.boolean(),
}).map(({ batch, length, perGroup: [from, to], groups, outputPadding, causal, ...rest }) => ({
  shape: [batch, length, from * groups],
  causal,
  outputPadding: outputPadding && Math.min(outputPadding, rest.strides - 1),
  options: { ...rest, groups, filters: to * groups },
}));

Deno.test("conv1d: random geometries", () => {
  const cases = random.map(({ shape, causal, options }) => ({
    shape,
    options: causal ? { ...options, padding: "causal" as const } : options,
  })).filter(({ shape, options }) => {
    const [left, right] = conv.conv1dPads(shape[1], options);
    return shape[1] + left + right > options.dilationRate * (options.kernelSize - 1);
  });
  fc.assert(
    fc.property(cases, ({ shape, options }) => {
      conv1dTable([["random", [shape], options]]).subjects().forEach(checkLayer);
    }),
    { seed: 20250, numRuns: 60 },
  );
});

Deno.test("conv1d_transpose: random geometries", () => {
  const cases = random.map(({ shape, outputPadding, options }) => ({
    shape,
    options: outputPadding === undefined ? options : { ...options, outputPadding },
  })).filter(({ shape, options }) => transposed.conv1dTransposeCut(shape[1], options).outputs > 0);
  fc.assert(
    fc.property(cases, ({ shape, options }) => {
      conv1dTransposeTable([["random", [shape], options]]).subjects().forEach(checkLayer);
    }),
    { seed: 20251, numRuns: 60 },
  );
});
