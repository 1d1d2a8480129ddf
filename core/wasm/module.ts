// In full, so that an import of mod.ts over http needs no import map.
// deno-lint-ignore no-import-prefix
import { inflateSync } from "npm:fflate@0.8.3";
import { RELAXED_KERNELS, STRICT_KERNELS } from "./embedded.ts";
import { PAGE } from "./memory.ts";

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

/** How the builds import their memory: `memory`, a memory, shared, 65536 pages at least and at most (LEB128). */
const MEMORY_IMPORT = [...new TextEncoder().encode("memory"), 2, 3, 128, 128, 4, 128, 128, 4];

/**
 * Makes a build import a memory of exactly so many pages. V8 then knows the size when it compiles and
 * need not look it up before every access, which is worth 3-5 % of a kernel's time.
 */
function declareMemory(wasm: Uint8Array, pages: number): void {
  const at = wasm.findIndex((_, i) => MEMORY_IMPORT.every((byte, j) => wasm[i + j] === byte));
  if (at < 0) throw new Error("The kernels do not import their memory as the build declares it");
  const size = [pages & 127 | 128, pages >> 7 & 127 | 128, pages >> 14];
  wasm.set([...size, ...size], at + MEMORY_IMPORT.length - 6);
}

/**
 * Decodes one of the two embedded builds and compiles it for a memory: a few milliseconds, once a process.
 *
 * @param memory One that never grows.
 */
export function compileKernels(
  arithmetic: Arithmetic,
  memory: WebAssembly.Memory,
): WebAssembly.Module {
  const wasm = inflateSync(decode(arithmetic === "strict" ? STRICT_KERNELS : RELAXED_KERNELS));
  declareMemory(wasm, memory.buffer.byteLength / PAGE);
  return new WebAssembly.Module(wasm);
}

/** Binds the kernels to a memory for the calling thread. */
export function instantiateKernels(
  module: WebAssembly.Module,
  memory: WebAssembly.Memory,
): KernelExports {
  return new WebAssembly.Instance(module, { env: { memory } }).exports as KernelExports;
}
