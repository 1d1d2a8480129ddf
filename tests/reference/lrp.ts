/**
 * Layer-wise relevance propagation through one linear layer, as the papers write it: what input i adds to
 * output j is a number of its own, and its share of the relevance is that number over the sum of all.
 */

import { type Array64, array64, type NumberArray } from "./array.ts";

/** A rule with its numbers. */
export interface ReferenceRule {
  readonly kind: string;
  readonly epsilon?: number;
  readonly gamma?: number;
  readonly alpha?: number;
  readonly beta?: number;
  readonly low?: number;
  readonly high?: number;
}

/** The relevance of the inputs and of the biases. */
export interface ReferenceShares {
  readonly inputs: Array64;
  readonly biases: number;
}

/** One way of counting contributions, and the part of the relevance that goes by it. */
interface Count {
  readonly share: number;
  /** What input a adds through weight w to an output y. */
  readonly input: (a: number, w: number, y: number) => number;
  /** What a bias adds to it. */
  readonly bias: (b: number, y: number) => number;
}

const up = (v: number) => v > 0 ? v : 0;
const down = (v: number) => v < 0 ? v : 0;

/** A number with its part of one sign made (1 + gamma) times as large. */
const raised = (v: number, gamma: number, sign: number) => v * sign > 0 ? (1 + gamma) * v : v;

function countsOf(rule: ReferenceRule): Count[] {
  const { gamma = 0.25, alpha = 2, beta = 1, low = 0, high = 1 } = rule;
  const plus = { input: (a: number, w: number) => up(a * w), bias: up };
  const minus = { input: (a: number, w: number) => down(a * w), bias: down };
  switch (rule.kind) {
    case "z":
    case "epsilon":
      return [{ share: 1, input: (a, w) => a * w, bias: (b) => b }];
    case "gamma":
      // What agrees with the output's sign counts more.
      return [{
        share: 1,
        input: (a, w, y) => raised(a * w, gamma, y),
        bias: (b, y) => raised(b, gamma, y),
      }];
    case "z-plus":
      return [{ share: 1, ...plus }];
    case "alpha-beta":
      return [{ share: alpha, ...plus }, { share: -beta, ...minus }];
    case "z-box":
      return [{
        share: 1,
        input: (a, w) => a * w - low * up(w) - high * down(w),
        bias: () => 0,
      }];
    case "flat":
      return [{ share: 1, input: (_a, w) => w === 0 ? 0 : 1, bias: () => 0 }];
    case "w-square":
      return [{ share: 1, input: (_a, w) => w * w, bias: (b) => b * b }];
    default:
      throw new Error(`no rule ${rule.kind}`);
  }
}

/**
 * The shares of the relevance of y = x·w + b.
 *
 * @param x `[count, inputs]`.
 * @param w `[inputs, outputs]`; weights that are 0 are no connection.
 * @param b `[outputs]`.
 * @param relevance `[count, outputs]`.
 */
export function shareRelevance(
  x: NumberArray,
  w: NumberArray,
  b: ArrayLike<number>,
  relevance: NumberArray,
  rule: ReferenceRule,
): ReferenceShares {
  const [count, inputs] = x.shape, outputs = w.shape[1];
  const { epsilon = rule.kind === "z" ? 0 : 1e-6 } = rule;
  const shares = array64([count, inputs]);
  let biases = 0;
  for (let n = 0; n < count; n++) {
    for (let j = 0; j < outputs; j++) {
      let y = b[j];
      for (let i = 0; i < inputs; i++) y += x.data[n * inputs + i] * w.data[i * outputs + j];
      for (const { share, input, bias } of countsOf(rule)) {
        const adds = (i: number) => input(x.data[n * inputs + i], w.data[i * outputs + j], y);
        let z = bias(b[j], y);
        for (let i = 0; i < inputs; i++) z += adds(i);
        const each = share * relevance.data[n * outputs + j] / (z + (z < 0 ? -epsilon : epsilon));
        if (!Number.isFinite(each)) continue;
        for (let i = 0; i < inputs; i++) shares.data[n * inputs + i] += adds(i) * each;
        biases += bias(b[j], y) * each;
      }
    }
  }
  return { inputs: shares, biases };
}
