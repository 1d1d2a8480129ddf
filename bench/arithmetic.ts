import { gemm } from "../core/wasm/gemm.ts";
import { runtime } from "../core/wasm/runtime.ts";
import { type Benchmark, repeated } from "./benchmark.ts";
import { operand } from "./operands.ts";

/** Name of the yardstick: what the processor can do, measured in the same run as everything else. */
export const PEAK = "fma-peak";

/** The peak kernel does 96 flops a step, in chunks that the threads share. */
const CHUNKS = 64, STEPS = 10_000;

/** Twelve independent chains of fused multiply-adds on 128-bit lanes, nothing loaded or stored. */
const peak: Benchmark = {
  name: PEAK,
  group: "machine",
  label: "FMA peak, 128-bit lanes",
  flops: 96 * CHUNKS * STEPS,
  images: null,
  prepare() {
    runtime().reserve(0, 8 * CHUNKS);
    return repeated(() => runtime().call("peak", CHUNKS, STEPS));
  },
};

/** A product of two square matrices. */
function squareGemm(size: number): Benchmark {
  return {
    name: `gemm-${size}`,
    group: "matrix product",
    label: `gemm ${size}x${size}x${size}`,
    flops: 2 * size ** 3,
    images: null,
    prepare: () =>
      repeated(() => {
        const [a, b, c] = (["x", "y", "result"] as const).map((r) => operand(r, size * size));
        gemm([size, size, size], { block: a, columns: size }, { block: b, columns: size }, c);
      }),
  };
}

/** The processor and the matrix product. */
export function arithmeticBenchmarks(): Benchmark[] {
  return [peak, squareGemm(512), squareGemm(1024)];
}
