/** One method of `explain`: its maps, and the evidence for them. */
import { DeconvError, type Evidence, evidence, type Model, type Tensor } from "../mod.ts";
import { startCount } from "./count_progress.ts";
import { type EvidenceDepth, evidenceOptions } from "./explain_evidence.ts";
import { type ChosenMethod, chosenMethod, isCam, type MethodContext } from "./explain_methods.ts";
import type { NamedTarget } from "./explain_target.ts";

/** What every method is asked. */
export interface Question {
  readonly model: Model;
  readonly x: Tensor;
  readonly target: NamedTarget["target"];
  /** The input or layer that explains. Default: the first input. */
  readonly of?: string;
  /** Whether that is a layer. */
  readonly isLayer: boolean;
  readonly context: Omit<MethodContext, "passes">;
  /** How much is measured. */
  readonly depth: EvidenceDepth;
  /** What was said to stand for nothing, if anything. */
  readonly hidden?: MethodContext["baseline"];
  /** Whether inputs are whole numbers. */
  readonly discrete: boolean;
  /** What is shown of channels: their sums, or their sizes. */
  readonly reduce?: "sum" | "abs" | "max";
  readonly quiet?: boolean;
  readonly signal: AbortSignal;
}

/** A method with what it found. */
export interface Found {
  readonly method: ChosenMethod;
  readonly map: Tensor;
  readonly evidence: Evidence | null;
  readonly seconds: number;
}

/** Whether two targets ask for the same. */
function sameTarget(a: object, b: object): boolean {
  const [first, second] = [Object.entries(a), b as Record<string, unknown>];
  return first.every(([name, value]) => second[name] === value);
}

/**
 * Explains by a method.
 *
 * @param show Told what shows how far it is, so that it can be ended.
 */
export async function explainBy(
  name: string,
  question: Question,
  show: (progress: { end(): void; stopping(text: string): void }) => void,
): Promise<Found> {
  const { model, x, target, of, context, depth, quiet, signal } = question;
  if (question.isLayer && isCam(name)) {
    throw new DeconvError(`${name} is a map of the input, and "${of}" is to explain`);
  }
  let progress = startCount(name, "passes", quiet);
  show(progress);
  const passes = { signal, onProgress: (done: number, all: number) => progress.at(done, all) };
  const method = chosenMethod(name, { ...context, passes }), how = { target, of };
  const start = performance.now(), seconds = () => (performance.now() - start) / 1000;
  const map = await method.attribute(model, x, how);
  progress.end();
  if (depth === "none") return { method, map, evidence: null, seconds: seconds() };
  const measuring = progress = startCount(`${name}, evidence`, "measures", quiet);
  show(measuring);
  // Passes of methods that are asked again are no news.
  progress = startCount(name, "passes", true);
  const found = await evidence(
    model,
    x,
    (net, pictures, own) =>
      net === model && pictures === x && sameTarget(own.target!, target)
        ? map
        : method.attribute(net, pictures, own),
    {
      ...how,
      ...evidenceOptions(depth, {
        shape: context.shape,
        complete: method.complete,
        baseline: question.hidden,
        discrete: question.discrete,
        sizes: (question.reduce ?? method.reduce ?? "sum") !== "sum",
      }),
      seed: context.seed,
      signal,
      onProgress: (_, done, all) => measuring.at(done, all),
    },
  ).finally(() => measuring.end());
  return { method, map, evidence: found, seconds: seconds() };
}

/** Every number of a method. */
export function reportOf({ method, map, evidence, seconds }: Found) {
  const { name, options, complete } = method, { shape, data } = map, [count] = shape;
  const size = data.length / count;
  const ranges = Array.from({ length: count }, (_, i) => {
    const own = data.subarray(i * size, (i + 1) * size);
    return {
      low: own.reduce((a, b) => Math.min(a, b)),
      high: own.reduce((a, b) => Math.max(a, b)),
      sum: own.reduce((a, b) => a + b, 0),
    };
  });
  const warnings = evidence?.warnings ?? [];
  return { name, options, complete, seconds, shape, maps: ranges, evidence, warnings };
}
