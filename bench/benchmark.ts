import type { StepMemory } from "./first_step.ts";
import { currentMode, type Mode } from "./mode.ts";

/** Takes one sample on so many threads (already set): milliseconds of one run. */
export type Sampler = (threads: number) => number | Promise<number>;

/** One thing that is timed. A peer's would be another of these, over the same inputs. */
export interface Benchmark {
  /** What `--only` and the JSON file call it. */
  readonly name: string;
  /** The heading of the table it stands under. */
  readonly group: string;
  /** What its row is called. */
  readonly label: string;
  /** Arithmetic of one run, counted as the direct algorithm has it; null where that says nothing. */
  readonly flops: number | null;
  /** Pictures a run handles; null where it handles none. */
  readonly images: number | null;
  /** Makes what it needs and returns its sampler; not called for a benchmark that is not chosen. */
  prepare(): Sampler;
}

/** One benchmark on one number of threads, as `--json` writes it; null where a figure does not apply. */
export interface Result {
  /** The benchmark's. */
  readonly name: string;
  /** What was measured. */
  readonly mode: Mode;
  /** Threads, the main one included. */
  readonly threads: number;
  /** Median milliseconds of a run. */
  readonly ms: number | null;
  /** The least. */
  readonly msMin: number | null;
  /** GFLOP/s at the median. */
  readonly gflops: number | null;
  /** Pictures a second at the median. */
  readonly imagesPerSecond: number | null;
  /** Of the entry on memory only: what was used. */
  readonly bytes?: StepMemory;
}

/** A sample is the mean of as many runs as fit in this many milliseconds, so that the clock's grain and a cold cache do not count. */
const SAMPLE = 8;

/** A sampler of a synchronous function. */
export function repeated(run: () => void): (threads: number) => number {
  const runs = new Map<number, number>();
  return (threads) => {
    const count = runs.get(threads) ?? 1;
    const start = performance.now();
    for (let i = 0; i < count; i++) run();
    const ms = (performance.now() - start) / count;
    runs.set(threads, Math.max(1, Math.min(1000, Math.round(SAMPLE / ms))));
    return ms;
  };
}

/** The middle of some numbers (the mean of the middle two). */
export function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b), half = sorted.length >> 1;
  return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

/** The result of a benchmark's samples. */
export function toResult(
  { name, flops, images }: Benchmark,
  threads: number,
  samples: readonly number[],
): Result {
  const ms = median(samples);
  return {
    name,
    mode: currentMode(),
    threads,
    ms,
    msMin: Math.min(...samples),
    gflops: flops === null ? null : flops / ms / 1e6,
    imagesPerSecond: images === null ? null : images / ms * 1e3,
  };
}
