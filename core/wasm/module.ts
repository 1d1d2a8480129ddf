import { KERNELS } from "./embedded.ts";

/** What the WASM module exports: one function a kernel, numbers in, numbers out. */
export type KernelExports = Record<string, (...args: number[]) => number>;

/** Decodes and compiles the embedded kernels: a few milliseconds, once a process. */
export function compileKernels(): WebAssembly.Module {
  return new WebAssembly.Module(Uint8Array.from(atob(KERNELS), (c) => c.charCodeAt(0)));
}

/** Binds the kernels to a memory for the calling thread. */
export function instantiateKernels(
  module: WebAssembly.Module,
  memory: WebAssembly.Memory,
): KernelExports {
  return new WebAssembly.Instance(module, { env: { memory } }).exports as KernelExports;
}
