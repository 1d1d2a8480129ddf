/** conv2d_transpose beyond its table of cases: the adjoint and random geometries. */

import fc from "fast-check";
import { conv2d, conv2dTranspose } from "../mod.ts";
import { type Conv2dTransposeCase, conv2dTransposeCases } from "./cases/conv2d_transpose.ts";
import { assertAdjoint } from "./harness/adjoint.ts";
import { conv2dTransposeSubject } from "./harness/conv_subjects.ts";
import { convCaseArbitrary } from "./harness/random_conv.ts";
import { checkLayer } from "./harness/run_layer.ts";
import { resolveConv2dTranspose } from "./reference/padding.ts";

Deno.test("conv2d_transpose: <convT(x), y> = <x, conv(y)> for every case", () => {
  conv2dTransposeCases.forEach(checkAdjoint);
});

/** The convolution with the same kernel from a case's output back to its input. */
function checkAdjoint(c: Conv2dTransposeCase): void {
  const { settings } = resolveConv2dTranspose(c.inputShape, c.options);
  const { strides, pads, dilations, groups, outputPadding } = settings;
  // A convolution rounds down, so output padding below the stride needs nothing said.
  if (outputPadding.some((extra, i) => extra >= strides[i])) return;
  assertAdjoint(
    c.name,
    conv2dTranspose({ ...c.options, useBias: false }),
    conv2d({
      filters: c.inputShape[3],
      kernelSize: c.options.kernelSize,
      strides,
      padding: pads,
      dilationRate: dilations,
      groups,
      useBias: false,
    }),
    c.inputShape,
  );
}

Deno.test("conv2d_transpose: random geometries", () => {
  fc.assert(
    fc.property(convCaseArbitrary(true), (c) => checkLayer(conv2dTransposeSubject(c))),
    { seed: 20241, numRuns: 120 },
  );
});
