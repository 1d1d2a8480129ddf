import type { Block } from "./block.ts";
import { DeconvError } from "./errors.ts";
import { placeName } from "./graph.ts";
import type { ForwardContext } from "./operation.ts";
import { Plan } from "./plan.ts";

/** The place of the first number that is none or infinite; -1 where all are finite. */
const firstIn = ({ view }: Block): number => view.findIndex((value) => !Number.isFinite(value));

/** Where numbers stopped being finite, and what can be done about it. */
export interface Cause {
  /** What comes after "the loss became NaN …:". */
  readonly found: string;
  /** What to try. */
  readonly advice: string;
}

const SMALLER = "try a smaller learning rate or globalClipNorm";

/**
 * Finds what made a loss NaN or infinite: the data, a layer's weights, or values that grew too large.
 * Runs the batch that a plan holds forward once more, with every activation kept.
 *
 * @param plan A plan whose inputs are still those of the batch, and whose weights made that loss.
 * @param context The forward pass that gave the loss.
 * @param targets What the outputs were compared with.
 */
export function whyNotFinite(
  plan: Plan,
  context: ForwardContext,
  targets: readonly Block[] = [],
): Cause {
  const { graph, options: { batch, precision } } = plan;
  const held = (block: Block, what: string): Cause | undefined => {
    const at = firstIn(block);
    if (at < 0) return undefined;
    const picture = Math.floor(at / (block.length / batch)) + 1;
    const found = `${what} ${picture} of the batch holds ${block.view[at]}`;
    return { found, advice: "look for it in the data" };
  };
  for (const [i, { data }] of plan.inputs.entries()) {
    const cause = held(data, plan.inputs.length > 1 ? `${graph.inputNames[i]}: sample` : "sample");
    if (cause) return cause;
  }
  for (const block of targets) {
    const cause = held(block, "the target of sample");
    if (cause) return cause;
  }
  const broken = (parameters: readonly { name: string; learned: boolean; value: Block }[]) =>
    parameters.find(({ learned, value }) => learned && firstIn(value) >= 0)?.name;
  let kept: Plan;
  try {
    kept = new Plan(graph, { batch, precision, gradients: true, keep: true });
  } catch (error) {
    if (!(error instanceof DeconvError)) throw error;
    const name = broken(graph.nodes.flatMap(({ layer }) => layer.parameters));
    return {
      found: name ? `the weights ${name} are not finite` : "in this batch",
      advice: SMALLER,
    };
  }
  plan.inputs.forEach(({ data }, i) => kept.inputs[i].data.view.set(data.view));
  // Running statistics, and what else a pass changes, stay what they are.
  const changed = graph.nodes.flatMap(({ layer }) => layer.parameters)
    .filter(({ learned }) => !learned).map(({ value }) => ({ value, was: value.view.slice() }));
  kept.forward(context);
  for (const { value, was } of changed) value.view.set(was);
  const first = graph.nodes.findIndex(({ output }) => firstIn(kept.values[output].data) >= 0);
  kept.release();
  if (first < 0) {
    return { found: "every layer's output is finite, the loss of them is not", advice: SMALLER };
  }
  const weights = broken(graph.nodes[first].layer.parameters);
  return {
    found: `first in the output of layer "${placeName(graph, first)}", ${
      weights
        ? `whose weights ${weights} are not finite since the step before`
        : "whose weights and inputs are finite"
    }`,
    advice: SMALLER,
  };
}
