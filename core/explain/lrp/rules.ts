/** The rules of layer-wise relevance propagation: what they are called, and the sums they are made of. */
import { DeconvError } from "../../errors.ts";

/** What all rules take. */
export interface LrpSharedOptions {
  /** Added to a denominator, with its sign. Default 1e-6, as Zennit; for `"z"` it is 0. */
  epsilon?: number;
  /** Whether biases take their share of the relevance. Default true, as Zennit. */
  useBias?: boolean;
}

/** Rules that have no options of their own. */
export type LrpRuleName =
  | "z"
  | "epsilon"
  | "gamma"
  | "z-plus"
  | "alpha-beta"
  | "z-box"
  | "flat"
  | "w-square"
  | "pass";

/**
 * How a layer y = Σ a·w + b shares the relevance R of its outputs among its inputs; a name stands for
 * the defaults. Below, z is the sum of what is written, over all inputs and the bias, and every
 * fraction's denominator is z + `epsilon`·sign(z); ⁺ and ⁻ are the positive and the negative part.
 *
 * | kind | an input's share of R |
 * | --- | --- |
 * | `"z"` (LRP-0) | a·w / z. Equals input times gradient in networks of relus without biases |
 * | `"epsilon"` | the same, with an epsilon that takes up what is weak and contradictory. For layers near the output |
 * | `"gamma"` | where y > 0: (a⁺·(w + γw⁺) + a⁻·(w + γw⁻)) / z; where y < 0 with w⁺ and w⁻ exchanged. For layers in the middle. γ = 0.25 |
 * | `"z-plus"` | (a⁺·w⁺ + a⁻·w⁻) / z: what speaks for the output alone (alpha 1, beta 0). Smooth and never of another sign |
 * | `"alpha-beta"` | α·(a⁺·w⁺ + a⁻·w⁻)/z − β·(a⁺·w⁻ + a⁻·w⁺)/z', each part by its own sum. α − β = 1; α = 2, β = 1 |
 * | `"z-box"` | (a·w − low·w⁺ − high·w⁻) / z. For the first layer, when inputs are pixels between low and high (0 and 1, or one for each channel) |
 * | `"flat"` | 1 / z: an equal share for every input it sees. For the first layer: says where, not which pixel |
 * | `"w-square"` | w² / z: by the weights alone. For the first layer, when inputs have no bounds |
 * | `"pass"` | all of it, value by value; only where output and input have the same shape |
 *
 * Sources: z, epsilon and alpha-beta Bach et al. 2015; z-plus, z-box and w-square Montavon et al. 2017;
 * gamma Montavon et al. 2019, for inputs of both signs Andéol et al. 2021; flat Lapuschkin et al. 2019;
 * definitions as Zennit 0.5 (Anders et al. 2021) has them. Biases go along with their weights: b for
 * z, epsilon; b + γb⁺ for gamma; b⁺ and b⁻ for z-plus and alpha-beta; b² for w-square; none for flat;
 * for z-box they cancel.
 */
export type LrpRule =
  | LrpRuleName
  | (LrpSharedOptions & { kind: "z" | "epsilon" | "z-plus" | "flat" | "w-square" | "pass" })
  | (LrpSharedOptions & { kind: "gamma"; gamma?: number })
  | (LrpSharedOptions & { kind: "alpha-beta"; alpha?: number; beta?: number })
  | (LrpSharedOptions & {
    kind: "z-box";
    low?: number | readonly number[];
    high?: number | readonly number[];
  });

/** Numbers that stand for the inputs in a sum. */
export type TermInput = "all" | "positive" | "negative" | "ones" | "low" | "high";

/** One sum of a rule's denominator: inputs by weights. */
export interface Term {
  /** What the inputs become. */
  readonly input: TermInput;
  /** What a weight becomes. */
  weight(w: number): number;
  /** What the bias becomes. */
  bias(b: number): number;
  /** Whether the sum is added or taken away. */
  readonly sign: 1 | -1;
}

/** Sums that make one denominator together, and what share of the relevance goes by them. */
export interface Group {
  /** The sums. */
  readonly terms: readonly Term[];
  /** The share of the relevance. */
  readonly share: number;
  /** Outputs whose relevance goes by them, by their sign. Default all. */
  readonly where?: 1 | -1;
}

/** A rule with everything said. */
export interface CompleteRule {
  /** Its name. */
  readonly kind: LrpRuleName;
  /** Added to denominators. */
  readonly epsilon: number;
  /** Its sums; none for `"pass"`. */
  readonly groups: readonly Group[];
  /** Bounds of the inputs, for `"z-box"`. */
  readonly box?: { readonly low: readonly number[]; readonly high: readonly number[] };
}

const positive = (v: number) => Math.max(v, 0), negative = (v: number) => Math.min(v, 0);
const same = (v: number) => v, none = () => 0;

const term = (input: TermInput, weight: Term["weight"], bias: Term["bias"], sign: 1 | -1 = 1) => ({
  input,
  weight,
  bias,
  sign,
});

/** The options each kind takes besides `epsilon` and `useBias`. */
const OPTIONS: Record<LrpRuleName, readonly string[]> = {
  z: [],
  epsilon: [],
  gamma: ["gamma"],
  "z-plus": [],
  "alpha-beta": ["alpha", "beta"],
  "z-box": ["low", "high"],
  flat: [],
  "w-square": [],
  pass: [],
};

type Options = LrpSharedOptions & {
  kind: LrpRuleName;
  gamma?: number;
  alpha?: number;
  beta?: number;
  low?: number | readonly number[];
  high?: number | readonly number[];
};

function expectNumber(value: unknown, name: string, least: number): number {
  if (typeof value === "number" && value >= least && value < Infinity) return value;
  throw new DeconvError(
    `The ${name} of an LRP rule must be a number of at least ${least}; it is ${
      JSON.stringify(value)
    }`,
  );
}

/**
 * Fills in and checks a rule.
 *
 * @throws {DeconvError} When there is no such rule or option, or a number is out of range.
 */
export function completeRule(rule: LrpRule): CompleteRule {
  const given = (typeof rule === "string" ? { kind: rule } : rule) as Options, { kind } = given;
  const known = OPTIONS[kind];
  if (!known) {
    throw new DeconvError(
      `There is no LRP rule ${JSON.stringify(kind)}; there are ${Object.keys(OPTIONS).join(", ")}`,
    );
  }
  const odd = Object.keys(given).find((name) =>
    !["kind", "epsilon", "useBias", ...known].includes(name)
  );
  if (odd) throw new DeconvError(`The LRP rule ${kind} has no option ${odd}`);
  if (kind === "z" && given.epsilon) {
    throw new DeconvError("The LRP rule z has no epsilon: use the rule epsilon");
  }
  const epsilon = expectNumber(given.epsilon ?? (kind === "z" ? 0 : 1e-6), "epsilon", 0);
  const groups = groupsOf(given).map((group) =>
    given.useBias ?? true
      ? group
      : { ...group, terms: group.terms.map((t) => ({ ...t, bias: none })) }
  );
  if (kind !== "z-box") return { kind, epsilon, groups };
  const bounds = (bound: number | readonly number[]) => typeof bound === "number" ? [bound] : bound;
  const box = { low: bounds(given.low ?? 0), high: bounds(given.high ?? 1) };
  const invalid = [...box.low, ...box.high].some((v) => !Number.isFinite(v)) ||
    box.low.some((low, i) =>
      box.high.some((high, k) =>
        (i === k || box.low.length === 1 || box.high.length === 1) && !(low < high)
      )
    );
  if (invalid) throw new DeconvError("The low of the LRP rule z-box must be below its high");
  return { kind, epsilon, groups, box };
}

function groupsOf(options: Options): Group[] {
  const { gamma = 0.25, alpha = 2, beta = 1 } = options;
  const forIt = [term("positive", positive, positive), term("negative", negative, none)];
  const against = [term("positive", negative, negative), term("negative", positive, none)];
  switch (options.kind) {
    case "z":
    case "epsilon":
      return [{ terms: [term("all", same, same)], share: 1 }];
    case "gamma": {
      expectNumber(gamma, "gamma", 0);
      const more = (v: number) => v + gamma * positive(v);
      const less = (v: number) => v + gamma * negative(v);
      return [
        { terms: [term("positive", more, more), term("negative", less, none)], share: 1, where: 1 },
        {
          terms: [term("positive", less, less), term("negative", more, none)],
          share: 1,
          where: -1,
        },
      ];
    }
    case "z-plus":
      return [{ terms: forIt, share: 1 }];
    case "alpha-beta":
      expectNumber(alpha, "alpha", 0);
      expectNumber(beta, "beta", 0);
      if (Math.abs(alpha - beta - 1) > 1e-9) {
        throw new DeconvError(
          `The LRP rule alpha-beta needs alpha - beta = 1, or relevance is not conserved; they are ${alpha} and ${beta}`,
        );
      }
      return [{ terms: forIt, share: alpha }, { terms: against, share: -beta }]
        .filter(({ share }) => share !== 0);
    case "z-box":
      return [{
        terms: [
          term("all", same, same),
          term("low", positive, positive, -1),
          term("high", negative, negative, -1),
        ],
        share: 1,
      }];
    case "flat":
      return [{ terms: [term("ones", () => 1, none)], share: 1 }];
    case "w-square":
      return [{ terms: [term("ones", (w) => w * w, (b) => b * b)], share: 1 }];
    case "pass":
      return [];
  }
}
