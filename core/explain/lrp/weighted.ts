/** Relevance through one weighted sum, by any rule. */
import { DeconvError } from "../../errors.ts";
import type { CompleteRule, Group, TermInput } from "./rules.ts";
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

/** The part of numbers that has one sign: themselves where they all have it, null where none has. */
function partOf(x: Float32Array, sign: 1 | -1): Float32Array | null {
  const part = new Float32Array(x.length);
  let kept = 0;
  for (let i = 0; i < x.length; i++) {
    const v = x[i] * sign > 0 ? x[i] : 0;
    part[i] = v;
    if (v !== 0) kept++;
  }
  return kept === x.length ? x : kept ? part : null;
}

/** Bounds for every input, null where they are 0. */
function boundsOf(bounds: readonly number[], length: number): Float32Array | null {
  if (bounds.every((bound) => bound === 0)) return null;
  const all = new Float32Array(length), width = bounds.length;
  for (let i = 0; i < length; i++) all[i] = bounds[i % width];
  return all;
}

/** What the terms of a rule take for the inputs, each made once; null for nothing but zeros. */
function inputsOf(x: Float32Array, box: CompleteRule["box"]) {
  const made = new Map<TermInput, Float32Array | null>();
  const make = (input: TermInput) => {
    switch (input) {
      case "all":
        return x;
      case "positive":
        return partOf(x, 1);
      case "negative":
        return partOf(x, -1);
      case "ones":
        return new Float32Array(x.length).fill(1);
      default:
        return boundsOf(box![input], x.length);
    }
  };
  return (input: TermInput): Float32Array | null => {
    if (!made.has(input)) made.set(input, make(input));
    return made.get(input)!;
  };
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
  const inputOf = inputsOf(x, rule.box), result = new Float32Array(x.length);
  const taken = { bias: new Float64Array(batch), epsilon: new Float64Array(batch) };
  for (const group of rule.groups) {
    const terms = group.terms.map(({ sign, input, weight, bias }): Computed => ({
      sign,
      input: inputOf(input),
      kernel: weighted.kernel.map(weight),
      bias: weighted.bias.map(bias),
    })).filter(({ input, bias }) => input || bias.some((b) => b !== 0));
    const z = denominators(layer, group, terms, weighted);
    const s = new Float32Array(y.length), { share, where = 0 } = group;
    for (let n = 0, j = 0; n < batch; n++) {
      let lost = 0;
      for (const end = j + size; j < end; j++) {
        // What is for outputs of one sign has a twin for the other; outputs of 0 have neither.
        if (where && !(y[j] * where > 0) && (y[j] !== 0 || where < 0)) continue;
        const r = relevance[j] * share;
        s[j] = where && y[j] === 0 ? 0 : quotient(r, z[j], rule.epsilon);
        lost += r - s[j] * z[j];
      }
      taken.epsilon[n] += lost;
    }
    for (const { sign, input, kernel, bias } of terms) {
      if (input) {
        const back = layer.backward(s, kernel);
        for (let i = 0; i < result.length; i++) result[i] += sign * input[i] * back[i];
      }
      if (bias.every((b) => b === 0)) continue;
      for (let n = 0, j = 0; n < batch; n++) {
        let sum = 0;
        for (const end = j + size; j < end; j++) sum += s[j] * bias[j % bias.length];
        taken.bias[n] += sign * sum;
      }
    }
  }
  return { inputs: [result], ...taken };
}

/** A term with its numbers. */
interface Computed {
  readonly sign: number;
  /** Null for zeros: then only the bias counts. */
  readonly input: Float32Array | null;
  readonly kernel: Float32Array;
  readonly bias: Float32Array;
}

/** The sum of a group's terms for each output. */
function denominators(
  layer: WeightedLayer,
  { terms: [{ input }], terms: { length } }: Group,
  terms: readonly Computed[],
  { x, y, bias }: Weighted,
): ArrayLike<number> {
  // The sum as it is has been computed already.
  const asItIs = length === 1 && input === "all" && terms[0]?.bias.every((b, i) => b === bias[i]);
  if (asItIs) return y;
  const z = new Float64Array(y.length);
  for (const { sign, input, kernel, bias } of terms) {
    const part = layer.forward(input ?? new Float32Array(x.length), kernel, bias);
    for (let j = 0; j < z.length; j++) z[j] += sign * part[j];
  }
  return z;
}
