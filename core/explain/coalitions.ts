/** Which features are there: the coalitions that KernelSHAP asks the network about, and their weights. */
import { random } from "../random.ts";

/** Some of the features, and what they count. */
export interface Coalition {
  /** 1 for each feature that is there. */
  readonly there: Uint8Array;
  /** Its weight; all together weigh 1. */
  readonly weight: number;
}

/** How many ways there are to take k of n. */
function choose(n: number, k: number): number {
  let ways = 1;
  for (let i = 1; i <= k; i++) ways = ways * (n - k + i) / i;
  return Math.round(ways);
}

/** All ways to take `size` of so many features. */
function* subsets(features: number, size: number): Generator<Uint8Array> {
  const chosen = Array.from({ length: size }, (_, i) => i);
  while (true) {
    const there = new Uint8Array(features);
    for (const feature of chosen) there[feature] = 1;
    yield there;
    let last = size - 1;
    while (last >= 0 && chosen[last] === features - size + last) last--;
    if (last < 0) return;
    chosen[last]++;
    for (let i = last + 1; i < size; i++) chosen[i] = chosen[i - 1] + 1;
  }
}

const complement = (there: Uint8Array) => there.map((v) => 1 - v);

/**
 * At most `samples` coalitions of all sizes but none and all, weighted as the Shapley kernel has it: a
 * size s as a whole with 1 / (s·(n − s)). Sizes are gone through from the outside in, and taken whole as
 * long as there is room; of the others as many are drawn as are left, each with its complement.
 *
 * Pair i of those drawn has its size from uniform number i of step 0 of the stream "kernel_shap", and
 * its features from permutation i of "kernel_shap/features".
 */
export function coalitions(features: number, samples: number, seed: number): Coalition[] {
  const most = Math.floor(features / 2), found: Coalition[] = [];
  /** What sizes s and n − s count together. */
  const weights = Array.from({ length: most }, (_, i) => {
    const size = i + 1, each = 1 / (size * (features - size));
    return 2 * size === features ? each : 2 * each;
  });
  const total = weights.reduce((a, b) => a + b, 0);
  let rest = total, size = 1;
  for (; size <= most; size++) {
    const alone = 2 * size === features, ways = choose(features, size) * (alone ? 1 : 2);
    // Whole only where that is no more than its share of what is left to be tried.
    if ((samples - found.length) * weights[size - 1] < (ways - 1e-6) * rest) break;
    const weight = weights[size - 1] / total / ways;
    for (const there of subsets(features, size)) {
      found.push({ there, weight });
      if (!alone) found.push({ there: complement(there), weight });
    }
    rest -= weights[size - 1];
  }
  const pairs = Math.floor((samples - found.length) / 2);
  if (size > most || pairs === 0) return found;
  const sizes = random(seed, "kernel_shap"), orders = random(seed, "kernel_shap/features");
  for (let i = 0; i < pairs; i++) {
    let at = size, left = sizes.uniform(0, i) * rest;
    while (at < most && left >= weights[at - 1]) left -= weights[at++ - 1];
    const there = new Uint8Array(features);
    for (const feature of orders.permutation(features, i).subarray(0, at)) there[feature] = 1;
    const weight = rest / total / (2 * pairs);
    found.push({ there, weight }, { there: complement(there), weight });
  }
  return found;
}
