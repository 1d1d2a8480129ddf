/** Which rule of layer-wise relevance propagation each layer of a network follows. */
import { DeconvError } from "../../errors.ts";
import { fitsPattern } from "../../name_pattern.ts";
import { type Canonical, relevanceOf } from "./canonical.ts";
import { type CompleteRule, completeRule, type LrpRule } from "./rules.ts";

/** Names of presets. */
export type LrpPresetName =
  | "epsilon"
  | "epsilon-plus"
  | "epsilon-plus-flat"
  | "epsilon-alpha2-beta1"
  | "epsilon-alpha2-beta1-flat"
  | "epsilon-gamma-box";

/**
 * A choice of rules for a whole network, as Zennit's composites of these names; a name stands for the
 * defaults. The first layer is one with weights that no other comes before.
 *
 * | kind | first layer | convolutions | dense layers |
 * | --- | --- | --- | --- |
 * | `"epsilon"` | as the others | epsilon | epsilon |
 * | `"epsilon-plus"` | as the others | z-plus | epsilon |
 * | `"epsilon-plus-flat"` | flat | z-plus | epsilon |
 * | `"epsilon-alpha2-beta1"` | as the others | alpha-beta, 2 and 1 | epsilon |
 * | `"epsilon-alpha2-beta1-flat"` | flat | alpha-beta, 2 and 1 | epsilon |
 * | `"epsilon-gamma-box"` | z-box where it is a convolution | gamma | epsilon |
 *
 * Transposed, depthwise and separable convolutions count as convolutions.
 */
export type LrpPreset = LrpPresetName | {
  kind: LrpPresetName;
  /** Of the dense layers. Default 1e-6. */
  epsilon?: number;
  /** Of `"epsilon-gamma-box"`. Default 0.25. */
  gamma?: number;
  /** Least value of the inputs, or one for each channel; of `"epsilon-gamma-box"`. Default 0. */
  low?: number | readonly number[];
  /** Largest value of the inputs, or one for each channel; of `"epsilon-gamma-box"`. Default 1. */
  high?: number | readonly number[];
};

/** Layers, and the rule they follow; what is not said does not matter. */
export interface LrpAssignment {
  /** Name of the layer, in which `*` stands for any characters. */
  layer?: string;
  /** Kind, or kinds, such as `"conv2d"`. */
  kind?: string | readonly string[];
  /** `"first"`: layers with weights that no other comes before; `"last"`: that none comes behind. */
  position?: "first" | "last";
  /** The rule. */
  rule: LrpRule;
}

const PRESETS: Record<LrpPresetName, readonly string[]> = {
  epsilon: [],
  "epsilon-plus": [],
  "epsilon-plus-flat": [],
  "epsilon-alpha2-beta1": [],
  "epsilon-alpha2-beta1-flat": [],
  "epsilon-gamma-box": ["gamma", "low", "high"],
};

/**
 * The assignments that a preset is.
 *
 * @throws {DeconvError} When there is no such preset, or it has no such option.
 */
function assignmentsOf(preset: LrpPreset): (LrpAssignment & { exceptDense?: boolean })[] {
  const given = typeof preset === "string" ? { kind: preset } : preset;
  const { kind, epsilon, gamma, low, high } = given, options = PRESETS[kind];
  if (!options) {
    throw new DeconvError(
      `There is no LRP preset ${JSON.stringify(kind)}; there are ${
        Object.keys(PRESETS).join(", ")
      }`,
    );
  }
  const odd = Object.keys(given).find((name) => !["kind", "epsilon", ...options].includes(name));
  if (odd) throw new DeconvError(`The LRP preset ${kind} has no option ${odd}`);
  const weak: LrpRule = { kind: "epsilon", epsilon };
  if (kind === "epsilon") return [{ rule: weak }];
  const dense = { kind: "dense", rule: weak };
  if (kind === "epsilon-gamma-box") {
    const box: LrpRule = { kind: "z-box", low, high };
    const first = { position: "first" as const, exceptDense: true, rule: box };
    return [first, dense, { rule: { kind: "gamma", gamma } }];
  }
  const others = { rule: kind.startsWith("epsilon-plus") ? "z-plus" : "alpha-beta" } as const;
  const flat = { position: "first", rule: "flat" } as const;
  return kind.endsWith("-flat") ? [flat, dense, others] : [dense, others];
}

/**
 * The rule of each node; null where a layer follows none. Batch normalisation that could not be merged
 * has one only where its name or kind is given.
 *
 * @throws {DeconvError} When an assignment names layers, kinds or a position, and fits none.
 */
export function assignRules(
  { graph, places }: Canonical,
  { preset = "epsilon-plus", rules = [] }: {
    preset?: LrpPreset;
    rules?: readonly LrpAssignment[];
  },
): (CompleteRule | null)[] {
  const all = [...rules, ...assignmentsOf(preset)].map((assignment) => ({
    exceptDense: false,
    ...assignment,
    complete: completeRule(assignment.rule),
    fits: false,
  }));
  const weighted = graph.nodes.map(({ layer }) => relevanceOf(layer) === "weighted");
  const { first, last } = positionsOf(graph, weighted);
  const found = graph.nodes.map(({ layer }, i) => {
    const { name, kinds } = places[i];
    const named = ({ layer: pattern, kind }: LrpAssignment) =>
      (pattern === undefined || fitsPattern(pattern, name)) &&
      (kind === undefined || [kind].flat().some((kind) => kinds.includes(kind)));
    const affine = relevanceOf(layer) === "affine";
    if (!weighted[i] && !affine) return null;
    const fitting = all.filter((assignment) => {
      const { position, exceptDense } = assignment;
      if (affine && (position || assignment.layer === undefined && assignment.kind === undefined)) {
        return false;
      }
      if (position === "first" && !first[i] || position === "last" && !last[i]) return false;
      return named(assignment) && !(exceptDense && kinds.includes("dense"));
    });
    fitting.forEach((assignment) => assignment.fits = true);
    return fitting[0]?.complete ?? null;
  });
  const idle = all.slice(0, rules.length).find(({ fits, layer, kind, position }) =>
    !fits && (layer ?? kind ?? position) !== undefined
  );
  if (idle) {
    const { layer, kind, position } = idle;
    throw new DeconvError(
      `No layer with weights fits ${
        JSON.stringify({ layer, kind, position })
      } of the LRP rules; there are ${
        [...new Set(places.filter((_, i) => weighted[i]).map(({ name }) => name))].join(", ")
      }`,
    );
  }
  return found;
}

/** Which nodes have weights and no others with weights before them, or behind them. */
function positionsOf(
  { nodes, shapes }: Canonical["graph"],
  weighted: readonly boolean[],
): { first: boolean[]; last: boolean[] } {
  const before = shapes.map(() => false), behind = shapes.map(() => false);
  const first = nodes.map(({ inputs, output }, i) => {
    const some = inputs.some((value) => before[value]);
    before[output] = some || weighted[i];
    return weighted[i] && !some;
  });
  const last = nodes.map(() => false);
  for (let i = nodes.length - 1; i >= 0; i--) {
    const { inputs, output } = nodes[i];
    last[i] = weighted[i] && !behind[output];
    for (const value of inputs) behind[value] ||= behind[output] || weighted[i];
  }
  return { first, last };
}
