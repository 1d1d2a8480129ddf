/** dense against the references: the case table and what must be refused. */

import { dense } from "../mod.ts";
import { type DenseCase, denseCases, invalidDenseCases } from "./cases/dense.ts";
import { denseInputs } from "./harness/case_inputs.ts";
import { assertRefused } from "./harness/refusals.ts";
import { checkLayer, type LayerSubject } from "./harness/run_layer.ts";
import * as reference from "./reference/dense.ts";

function denseSubject(c: DenseCase): LayerSubject {
  const { x, kernel, bias, dy } = denseInputs(c);
  const rows = c.inputShape.slice(0, -1).reduce((a, b) => a * b, 1);
  return {
    name: c.name,
    make: () => dense(c.options),
    x,
    dy,
    parameters: bias ? { kernel, bias } : { kernel },
    expected: () => ({
      y: reference.dense(x, kernel, bias),
      dx: reference.denseInputGradient(dy, kernel),
      dkernel: reference.denseKernelGradient(x, dy),
      ...bias ? { dbias: reference.denseBiasGradient(dy) } : {},
    }),
    terms: { y: kernel.shape[0], dx: kernel.shape[1], dkernel: rows, dbias: rows },
    step: 0.5,
  };
}

for (const c of denseCases) {
  Deno.test(`dense ${c.name}: ${c.why}`, () => checkLayer(denseSubject(c)));
}

for (const c of invalidDenseCases) {
  Deno.test(`dense refuses ${c.why}`, () => {
    // deno-lint-ignore no-explicit-any
    assertRefused("dense", (options) => dense(options as any), c);
  });
}
