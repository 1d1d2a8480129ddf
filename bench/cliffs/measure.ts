import { convFlops } from "../../core/geometry.ts";
import { sizeOf } from "../../core/tensor.ts";
import { setThreads } from "../../core/wasm/runtime.ts";
import { median, repeated } from "../benchmark.ts";
import { formatGeometry } from "../geometry.ts";
import { type Pass, PASSES, passRunner, weightsOf } from "../passes.ts";
import { denseGeometry, friendlyGeometry } from "./friendly.ts";
import type { RandomGeometry } from "./random_geometries.ts";

/** One pass of a random geometry beside its friendly shape. */
export interface Comparison extends RandomGeometry {
  readonly pass: Pass;
  /** The geometry in words. */
  readonly text: string;
  /** Median milliseconds of a run, and the least. */
  readonly ms: number;
  readonly msMin: number;
  /** GF/s of the direct convolution, padding counted. */
  readonly gflops: number;
  /** Those of the friendly shape, in samples taken in between. */
  readonly friendly: number;
  /** The one over the other: 1 is as good as the friendly shape. */
  readonly ratio: number;
  /** GF/s of the dense shape: the friendly one's, where there is one group. */
  readonly dense: number;
  /** GF/s at which reading the operands and writing the result would alone take all the time. */
  readonly memoryLimit: number;
}

/** Below this share of the friendly shape's GF/s a pass has fallen off a cliff. */
export const CLIFF = 1 / 3;

/** Samples of each, after one that is thrown away. */
const SAMPLES = 5;

/** Bytes a millisecond that a copy moves on one thread, read and written. */
function copyRate(): number {
  const from = new Float32Array(1 << 23).fill(1), to = new Float32Array(1 << 23);
  const copy = repeated(() => to.set(from));
  const samples = Array.from({ length: SAMPLES + 1 }, () => copy(1));
  return 8 * from.length / Math.min(...samples);
}

/** Measures a pass and its friendly shapes in turns. */
function compare(random: RandomGeometry, pass: Pass, threads: number, rate: number): Comparison {
  const { op, geometry } = random, friendly = friendlyGeometry(geometry);
  const dense = geometry.groups > 1 ? denseGeometry(geometry) : friendly;
  const shapes = [...new Set([geometry, friendly, dense])];
  const samplers = shapes.map((g) => repeated(passRunner(op, g, pass)));
  const samples: number[][] = shapes.map(() => []);
  for (let round = 0; round <= SAMPLES; round++) {
    for (const [i, sample] of samplers.entries()) {
      const ms = sample(threads);
      if (round > 0) samples[i].push(ms);
    }
  }
  const ms = median(samples[0]), flops = convFlops(geometry);
  const [gflops, best, denseBest = best] = shapes.map((g, i) =>
    convFlops(g) / median(samples[i]) / 1e6
  );
  const numbers = geometry.batch * (sizeOf(geometry.input) + sizeOf(geometry.output)) +
    weightsOf(geometry);
  return {
    ...random,
    pass,
    text: formatGeometry(geometry),
    ms,
    msMin: Math.min(...samples[0]),
    gflops,
    friendly: best,
    dense: denseBest,
    ratio: gflops / best,
    memoryLimit: flops / (4 * numbers / rate) / 1e6,
  };
}

/** Compares all passes of some geometries with their friendly shapes, on so many threads. */
export function measureCliffs(
  geometries: readonly RandomGeometry[],
  threads: number,
  onGeometry: (done: number) => void,
): Comparison[] {
  setThreads(threads);
  const rate = copyRate();
  return geometries.flatMap((geometry, i) => {
    const found = PASSES.map((pass) => {
      const first = compare(geometry, pass, threads, rate);
      if (first.gflops >= CLIFF * Math.max(first.friendly, first.dense)) return first;
      // What looks like a cliff is looked at twice, lest a busy moment be taken for one.
      const second = compare(geometry, pass, threads, rate);
      return second.ratio > first.ratio ? second : first;
    });
    onGeometry(i + 1);
    return found;
  });
}
