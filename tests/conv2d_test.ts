/** conv2d beyond its table of cases: the adjoint and random geometries. */

import fc from "fast-check";
import { conv2d, conv2dTranspose } from "../mod.ts";
import { type Conv2dCase, conv2dCases } from "./cases/conv2d.ts";
import { conv2dSubject } from "./harness/conv_subjects.ts";
import { convCaseArbitrary } from "./harness/random_conv.ts";
import { assertAdjoint } from "./harness/adjoint.ts";
import { checkLayer } from "./harness/run_layer.ts";
import { resolveConv2d } from "./reference/padding.ts";

Deno.test("conv2d: <conv(x), y> = <x, convT(y)> for every case", () => {
  conv2dCases.forEach(checkAdjoint);
});

/** The transposed convolution that undoes a case's shapes, with the same kernel. */
function checkAdjoint(c: Conv2dCase): void {
  const { settings, outputShape } = resolveConv2d(c.inputShape, c.options);
  const { strides, pads, dilations, groups } = settings;
  const { kernelSize } = c.options;
  const kernel = typeof kernelSize === "number" ? [kernelSize, kernelSize] : kernelSize;
  const outputPadding = [0, 1].map((i) =>
    c.inputShape[i + 1] + pads[i] + pads[i + 2] - (kernel[i] - 1) * dilations[i] - 1 -
    (outputShape[i + 1] - 1) * strides[i]
  );
  // "same" may leave the last pixels unread with no padding to say so: then there is no such layer.
  if (outputPadding.some((extra, i) => extra < 0 || extra >= strides[i])) return;
  assertAdjoint(
    c.name,
    conv2d({ ...c.options, useBias: false }),
    conv2dTranspose({
      filters: c.inputShape[3],
      kernelSize,
      strides,
      padding: pads,
      outputPadding: [outputPadding[0], outputPadding[1]],
      dilationRate: dilations,
      groups,
      useBias: false,
    }),
    c.inputShape,
  );
}

Deno.test("conv2d: random geometries", () => {
  fc.assert(
    fc.property(convCaseArbitrary(false), (c) => checkLayer({ ...conv2dSubject(c) })),
    { seed: 20240, numRuns: 120 },
  );
});
