/** Evidence for maps on the command line: how much of it, and in words. */
import type { Evidence, EvidenceOptions, InputBaseline, Shape } from "../mod.ts";
import { numberText } from "../core/image/numbers.ts";

/** How much is measured. */
export type EvidenceDepth = "none" | "quick" | "full";

/** What is measured, and how finely. */
export function evidenceOptions(
  depth: Exclude<EvidenceDepth, "none">,
  { complete, baseline, shape, discrete, sizes }: {
    complete: boolean;
    baseline?: InputBaseline;
    shape: Shape;
    /** Whether inputs are whole numbers, which cannot change a little. */
    discrete: boolean;
    /** Whether a map's places come in the order of sizes, as they are shown, not of sums. */
    sizes: boolean;
  },
): EvidenceOptions {
  const completeness = complete ? { baseline } : false;
  const curve = depth === "quick" ? { steps: 16 } : {};
  // Black holes are a texture of their own that even a random order makes; a blur does not show. The
  // numbers of a latent have no neighbours to be blurred with.
  const curves = {
    ...curve,
    baseline: baseline ?? (shape.length > 1 ? "blur" as const : 0),
    channels: sizes ? "absolute" as const : "sum" as const,
  };
  if (depth === "full") {
    return {
      completeness,
      deletion: curves,
      insertion: curves,
      ...discrete ? { maxSensitivity: false } : {},
    };
  }
  return {
    completeness,
    deletion: curves,
    insertion: curves,
    infidelity: false,
    maxSensitivity: false,
    randomLogit: false,
    randomization: { modes: ["cascading"] },
  };
}

const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
const plain = (value: number) => value.toFixed(2).replace("-", "−");
const short = (value: number) => numberText(Number(value.toPrecision(2)));

/** Short lines for below a method's maps: means over the inputs. */
export function evidenceLines(found: Evidence): string[] {
  const { deletion, insertion, infidelity, maxSensitivity, completeness } = found;
  const { randomization, randomLogit } = found;
  const gaps = completeness?.flatMap(({ relative }) => relative === null ? [] : [relative]) ?? [];
  return [
    ...deletion ? [`deletion ${short(mean(deletion.map(({ area }) => area)))}`] : [],
    ...insertion ? [`insertion ${short(mean(insertion.map(({ area }) => area)))}`] : [],
    ...randomization ? [`weights ${plain(randomization.similarity)}`] : [],
    ...randomLogit ? [`other class ${plain(randomLogit.rank)}`] : [],
    ...infidelity ? [`infidelity ${short(mean(infidelity.map((each) => each.infidelity)))}`] : [],
    ...maxSensitivity ? [`sensitivity ${short(mean(maxSensitivity))}`] : [],
    ...gaps.length ? [`gap ${short(100 * mean(gaps))} %`] : [],
    `sparseness ${mean(found.sparseness).toFixed(2)}`,
  ];
}

/** What the lines mean. */
export function evidenceWords(found: readonly Evidence[]): string {
  if (!found.length) return "";
  const some = (name: keyof Evidence) => found.some((each) => each[name] !== null);
  return [
    ...some("deletion")
      ? [
        "Deletion, insertion: mean score while the map's largest places are hidden (less is better), come back (more is better)",
      ]
      : [],
    ...some("randomization")
      ? [
        "weights: rank correlation of the map with that of a network whose layers are made random, from the top down (from 0.5 on it fails)",
      ]
      : [],
    ...some("randomLogit") ? ["other class: rank correlation with the map of another class"] : [],
    ...some("infidelity") ? ["infidelity, sensitivity: less is better"] : [],
    ...some("completeness")
      ? ["gap: what the map's sum lacks of the target's change from the baseline"]
      : [],
    "sparseness: 1 is a single place",
  ].join(" · ");
}
