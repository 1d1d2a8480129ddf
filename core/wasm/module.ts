import { RELAXED_KERNELS, STRICT_KERNELS } from "./embedded.ts";

/**
 * How the kernels round. `"relaxed"` multiplies and adds in one rounding where the processor can,
 * which is faster; `"strict"` always rounds twice, and gives the same bits on every processor and in
 * every engine.
 */
export type Arithmetic = "relaxed" | "strict";

/** What the WASM module exports: one function a kernel, numbers in, numbers out. */
export type KernelExports = Record<string, (...args: number[]) => number>;

/** A module of one function, f32x4.relaxed_madd of its arguments. */
const RELAXED_MADD = "AGFzbQEAAAABCAFgA3t7ewF7AwIBAAoNAQsAIAAgASAC/YUCCw==";

function decode(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
}

/** Whether the engine has relaxed SIMD. Node 20, for one, has not. */
export function supportsRelaxed(): boolean {
  return WebAssembly.validate(decode(RELAXED_MADD));
}

/** Decodes and compiles one of the two embedded builds: a few milliseconds, once a process. */
export function compileKernels(arithmetic: Arithmetic): WebAssembly.Module {
  return new WebAssembly.Module(decode(arithmetic === "strict" ? STRICT_KERNELS : RELAXED_KERNELS));
}

/** Binds the kernels to a memory for the calling thread. */
export function instantiateKernels(
  module: WebAssembly.Module,
  memory: WebAssembly.Memory,
): KernelExports {
  return new WebAssembly.Instance(module, { env: { memory } }).exports as KernelExports;
}
