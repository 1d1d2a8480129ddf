import { chooseAlgorithms } from "../../core/algorithm.ts";
import { FEWEST_PICTURES, type Purpose, type Way, type Work, workOf } from "../../core/work.ts";
import { flattened, forwardTaps, inputGradientTaps, tapCount } from "../../core/taps.ts";
import { setThreads } from "../../core/wasm/runtime.ts";
import { repeated } from "../benchmark.ts";
import type { RandomGeometry } from "../cliffs/random_geometries.ts";
import { type Pass, PASSES, passRunner } from "../passes.ts";

/** One pass computed in one way: how often it does what, and how long it took. */
export interface Sample {
  readonly way: Way;
  readonly purpose: Purpose;
  readonly work: Work;
  /** Nanoseconds: the least of a few samples. */
  readonly time: number;
}

/** A pass in all the ways that fit it. */
export interface Measured {
  readonly samples: readonly Sample[];
  /** The way that `chooseAlgorithms` chooses for all its tables; null where it chooses several, or Winograd's. */
  readonly chosen: Way | null;
}

const WAYS = ["im2col", "indirect", "planar", "interleaved", "depthwise", "scatter"] as const;
/** Samples of each, after one that is thrown away; one where a run takes longer than so many milliseconds. */
const SAMPLES = 5, LONG = 40;
/** Ways that a depthwise convolution of more groups is not tried in: they would take all the time. */
const MOST_GROUPS = 16;

/** The tables of a pass. */
function tablesOf({ op, geometry }: RandomGeometry, pass: Pass) {
  const flat = flattened(geometry), backward = (pass === "dX") !== (op === "conv2d_transpose");
  return pass !== "dW" && backward ? inputGradientTaps(flat) : [forwardTaps(flat)];
}

function timeOf(random: RandomGeometry, pass: Pass, way: Way): number {
  const sample = repeated(passRunner(random.op, random.geometry, pass, {
    choose: (tables) => tables.map((table) => ({ kind: tapCount(table) ? way : "depthwise" })),
  }));
  let least = sample(1);
  for (let i = least > LONG ? SAMPLES : 1; i <= SAMPLES; i++) least = Math.min(least, sample(1));
  return 1e6 * least;
}

/** Measures all passes of some geometries in every way that fits, on one thread. */
export function measureWays(
  geometries: readonly RandomGeometry[],
  onGeometry: (done: number) => void,
): Measured[] {
  setThreads(1);
  return geometries.flatMap((random, i) => {
    const { geometry: { batch, groups, input } } = random;
    const found = PASSES.flatMap((pass): Measured[] => {
      const tables = tablesOf(random, pass), purpose = pass === "dW" ? "kernel" : "pixels";
      if (!tables.some(tapCount)) return [];
      const samples = WAYS.flatMap((way): Sample[] => {
        const work = workOf(way, tables, purpose);
        const slow = (way === "im2col" || way === "indirect") && groups === input[2] &&
          groups > MOST_GROUPS;
        const idle = way === "scatter" && batch < FEWEST_PICTURES;
        return work && !slow && !idle
          ? [{ way, purpose, work, time: timeOf(random, pass, way) }]
          : [];
      });
      const chosen = chooseAlgorithms(tables, "fast", purpose);
      const kinds = new Set(chosen.filter((_, i) => tapCount(tables[i])).map(({ kind }) => kind));
      const [kind] = kinds;
      return [{ samples, chosen: kinds.size === 1 && kind !== "winograd" ? kind : null }];
    });
    onGeometry(i + 1);
    return found;
  });
}
