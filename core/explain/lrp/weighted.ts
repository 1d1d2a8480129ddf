/** Relevance through one weighted sum, by any rule. */
import { DeconvError } from "../../errors.ts";
import type { CompleteRule, Group, Term } from "./rules.ts";
import type { WeightedLayer } from "./weighted_layer.ts";

/** What became of the relevance of a node's outputs. */
export interface Shared {
  /** What each input's values got. */
  readonly inputs: readonly Float32Array[];
  /** For each picture, what biases took. */
  readonly bias: Float64Array;
  /** For each picture, what nothing got: it went to epsilon, or there was nothing that it could go to. */
  readonly epsilon: Float64Array;
}

/** A weighted sum that has been computed, and the relevance of what it made. */
export interface Weighted {
  /** Pictures. */
  readonly batch: number;
  /** The inputs. */
  readonly x: Float32Array;
  /** What it made of them. */
  readonly y: Float32Array;
  /** Its kernel. */
  readonly kernel: Float32Array;
  /** Its bias, zeros where it has none. */
  readonly bias: Float32Array;
  /** The relevance of y. */
  readonly relevance: Float32Array;
}

/** The quotient r / (z + epsilon·sign(z)) as a float32; 0 where that is no number. */
export function quotient(r: number, z: number, epsilon: number): number {
  const s = Math.fround(r / (z < 0 ? z - epsilon : z + epsilon));
  return Number.isFinite(s) ? s : 0;
}

/** What a term takes for the inputs. */
function inputOf({ input }: Term, x: Float32Array, box: CompleteRule["box"]): Float32Array {
  switch (input) {
    case "all":
      return x;
    case "positive":
      return x.map((v) => v > 0 ? v : 0);
    case "negative":
      return x.map((v) => v < 0 ? v : 0);
    case "ones":
      return new Float32Array(x.length).fill(1);
    default:
      return x.map((_, i) => box![input][i % box![input].length]);
  }
}

/** Checks that inputs lie within the bounds that a rule was given. */
function expectWithin(
  x: Float32Array,
  { low, high }: NonNullable<CompleteRule["box"]>,
  channels: number,
): void {
  const odd = [low, high].find(({ length }) => length !== 1 && length !== channels);
  if (odd) {
    throw new DeconvError(
      `The LRP rule z-box has ${odd.length} bounds, and its inputs ${channels} channels`,
    );
  }
  const tolerance = 1e-5; // of rounding
  for (let i = 0; i < x.length; i++) {
    const [least, most] = [low[i % low.length], high[i % high.length]];
    const slack = tolerance * (most - least);
    if (x[i] < least - slack || x[i] > most + slack) {
      throw new DeconvError(
        `The LRP rule z-box was given low ${least} and high ${most}, and an input is ${
          x[i]
        }: give the bounds that the inputs have`,
      );
    }
  }
}

/**
 * Shares the relevance of a weighted sum among its inputs.
 *
 * @param layer Computes the sum by any weights.
 * @param channels Along the last axis of the inputs.
 */
export function shareWeighted(
  layer: WeightedLayer,
  rule: CompleteRule,
  weighted: Weighted,
  channels: number,
): Shared {
  const { batch, x, y, relevance } = weighted, size = y.length / batch;
  if (rule.box) expectWithin(x, rule.box, channels);
  const result = new Float64Array(x.length);
  const taken = { bias: new Float64Array(batch), epsilon: new Float64Array(batch) };
  const shifts = weighted.bias.length;
  for (const group of rule.groups) {
    const terms = group.terms.map((term) => ({
      sign: term.sign,
      input: inputOf(term, x, rule.box),
      kernel: weighted.kernel.map(term.weight),
      bias: weighted.bias.map(term.bias),
    })).filter(({ input, bias }) => input.some((v) => v !== 0) || bias.some((b) => b !== 0));
    const z = denominators(layer, group, terms, weighted);
    const s = new Float32Array(y.length);
    for (let j = 0; j < s.length; j++) {
      if (group.where && Math.sign(y[j]) !== group.where) continue;
      const r = relevance[j] * group.share;
      s[j] = quotient(r, z[j], rule.epsilon);
      taken.epsilon[Math.floor(j / size)] += r - s[j] * z[j];
    }
    for (const { sign, input, kernel, bias } of terms) {
      const back = layer.backward(s, kernel);
      for (let i = 0; i < result.length; i++) result[i] += sign * input[i] * back[i];
      if (bias.every((b) => b === 0)) continue;
      for (let j = 0; j < s.length; j++) {
        taken.bias[Math.floor(j / size)] += sign * s[j] * bias[j % shifts];
      }
    }
  }
  if (rule.groups.some(({ where }) => where)) {
    y.forEach((v, j) => {
      if (v === 0) taken.epsilon[Math.floor(j / size)] += relevance[j];
    });
  }
  return { inputs: [Float32Array.from(result)], ...taken };
}

interface Computed {
  readonly sign: number;
  readonly input: Float32Array;
  readonly kernel: Float32Array;
  readonly bias: Float32Array;
}

/** The sum of a group's terms for each output. */
function denominators(
  layer: WeightedLayer,
  { terms: [{ input }], terms: { length } }: Group,
  terms: readonly Computed[],
  { y, bias }: Weighted,
): ArrayLike<number> {
  // The sum as it is has been computed already.
  const asItIs = length === 1 && input === "all" && terms[0]?.bias.every((b, i) => b === bias[i]);
  if (asItIs) return y;
  const z = new Float64Array(y.length);
  for (const { sign, input, kernel, bias } of terms) {
    const part = layer.forward(input, kernel, bias);
    for (let j = 0; j < z.length; j++) z[j] += sign * part[j];
  }
  return z;
}
