/** Relaxed and strict arithmetic: what the two builds are made of, and when one may choose. */

import assert from "node:assert/strict";
import binaryen from "binaryen";
import { inflateSync } from "fflate";
import { type Arithmetic, DeconvError, getArithmetic, setArithmetic } from "../mod.ts";
import { RELAXED_KERNELS, STRICT_KERNELS } from "../core/wasm/embedded.ts";
import { gemm } from "../core/wasm/gemm.ts";
import { supportsRelaxed } from "../core/wasm/module.ts";
import { runtime } from "../core/wasm/runtime.ts";
import { ROOT, runScript } from "./harness/scripts.ts";

const embedded = (kernels: string) => Uint8Array.from(atob(kernels), (c) => c.charCodeAt(0));
const bytes = (kernels: string) => inflateSync(embedded(kernels));

/** The text of a module. */
function textOf(kernels: string): string {
  const module = binaryen.readBinary(bytes(kernels));
  try {
    return module.emitText();
  } finally {
    module.dispose();
  }
}

Deno.test("no relaxed instruction is in the strict build, and they export the same", () => {
  const [relaxed, strict] = [textOf(RELAXED_KERNELS), textOf(STRICT_KERNELS)];
  assert.match(relaxed, /f32x4\.relaxed_madd/);
  assert.doesNotMatch(strict, /relaxed/);
  const exportsOf = (kernels: string) =>
    WebAssembly.Module.exports(new WebAssembly.Module(bytes(kernels)));
  assert.deepEqual(exportsOf(STRICT_KERNELS), exportsOf(RELAXED_KERNELS));
});

Deno.test("both builds, as they are embedded, are less than 150 KB", () => {
  const size = RELAXED_KERNELS.length + STRICT_KERNELS.length;
  assert.ok(size < 150 * 1024, `${size} bytes`);
});

/** a·a + c, where one rounding gives 2⁻²⁴ and two give 0. */
function roundings(): number {
  const [a, c, y] = [1, 16, 16].map((length) => runtime().allocate(length));
  a.view[0] = 1 + 2 ** -12;
  c.view[0] = -1 - 2 ** -11;
  gemm([1, 1, 1], { block: a, columns: 1 }, { block: a, columns: 1 }, y, { bias: c });
  return y.view[0];
}

Deno.test("strict rounds twice", () => {
  const result = roundings();
  if (getArithmetic() === "strict") assert.equal(result, 0);
  else assert.ok(result === 0 || result === 2 ** -24, String(result));
});

Deno.test("the arithmetic cannot change once something is computed; a name must be right", () => {
  assert.ok(supportsRelaxed());
  roundings();
  const now = getArithmetic(), other = now === "strict" ? "relaxed" : "strict";
  setArithmetic(now);
  assert.throws(() => setArithmetic(other), (error) => {
    assert.ok(error instanceof DeconvError);
    assert.match(error.message, new RegExp(`Cannot change to ${other} .* computed with ${now}`));
    return true;
  });
  assert.throws(() => setArithmetic("precise" as Arithmetic), /there are relaxed and strict/);
  assert.equal(getArithmetic(), now);
});

Deno.test("threads, models and data may come before the choice, and it may be taken back", async () => {
  const { code, output, errors } = await runScript(`
    import { conv2d, getArithmetic, sequential, setArithmetic, setThreads, zeros } from "${ROOT}mod.ts";
    setThreads(1);
    const net = sequential([conv2d({ filters: 2, kernelSize: 3, inputShape: [8, 8, 1] })]);
    net.compile({ loss: "mse" });
    const before = getArithmetic();
    setArithmetic("strict");
    setArithmetic("relaxed");
    setArithmetic("strict");
    net.trainOnBatch(zeros([1, 8, 8, 1]), zeros([1, 6, 6, 2]));
    try {
      setArithmetic("relaxed");
    } catch (error) {
      console.log(before, getArithmetic(), error.name);
    }
  `);
  assert.equal(code, 0, errors);
  assert.equal(output, "relaxed strict DeconvError\n");
});
