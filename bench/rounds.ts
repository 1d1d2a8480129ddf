import { availableThreads } from "../core/wasm/pool.ts";
import { setThreads } from "../core/wasm/runtime.ts";
import { PEAK } from "./arithmetic.ts";
import { type Benchmark, type Result, toResult } from "./benchmark.ts";

/** How to measure. */
export interface RoundOptions {
  /** Numbers of threads to measure with. */
  threads: readonly number[];
  /** Samples of each benchmark, at most. */
  rounds: number;
  /** After so many milliseconds no further round begins. */
  budget: number;
  /** Told after each round; round 0 is the warm-up. */
  onRound?(round: number): void;
}

/** For so long (ms) the yardstick runs before each round: workers start, clocks rise. */
const WARM_UP = 60;

/**
 * Measures in rounds: each takes one sample of every benchmark, once for each number of threads. A
 * machine that slows down for a while so slows all of them, and ratios hold. Round 0 compiles,
 * allocates and is thrown away; at least one round is measured, whatever the budget.
 */
export async function measure(
  benchmarks: readonly Benchmark[],
  { threads, rounds, budget, onRound }: RoundOptions,
): Promise<{ results: Result[]; rounds: number }> {
  const start = performance.now();
  const samplers = benchmarks.map((benchmark) => benchmark.prepare());
  const samples = benchmarks.map(() => threads.map((): number[] => []));
  const yardstick = benchmarks.findIndex(({ name }) => name === PEAK);
  let round = 0;
  for (; round <= rounds; round++) {
    if (round > 1 && performance.now() - start > budget) break;
    for (const [t, count] of threads.entries()) {
      setThreads(Math.min(count, availableThreads()));
      const warm = performance.now();
      while (yardstick >= 0 && performance.now() - warm < WARM_UP) await samplers[yardstick](count);
      for (const [b, sample] of samplers.entries()) {
        const ms = await sample(count);
        if (round > 0) samples[b][t].push(ms);
      }
    }
    onRound?.(round);
  }
  const results = benchmarks.flatMap((benchmark, b) =>
    threads.map((count, t) => toResult(benchmark, count, samples[b][t]))
  );
  return { results, rounds: round - 1 };
}
