/** The backward pass of relevance through a canonical graph. */
import { DeconvError } from "../../errors.ts";
import type { GraphNode } from "../../graph.ts";
import type { Layer } from "../../layer.ts";
import { layerFromConfig } from "../../layers/registry.ts";
import { Plan } from "../../plan.ts";
import { affineOf, type Canonical, relevanceOf } from "./canonical.ts";
import type { CompleteRule } from "./rules.ts";
import { quotient, type Shared, shareWeighted } from "./weighted.ts";
import { OneLayer } from "../one_layer.ts";
import { WeightedLayer } from "./weighted_layer.ts";

/**
 * Added to the denominators of sums without weights. Zennit's Norm has 1e-6, which takes a ten
 * thousandth of an average of 0.01.
 */
const EPSILON = 1e-12;

/** Activations that only say how much of something passes. */
const GATES: readonly string[] = ["sigmoid", "hard_sigmoid", "softmax"];

/** Activations that make something else of a score: what ends a network before them is its score. */
const CHANCES: readonly string[] = [...GATES, "log_softmax"];

/** What goes into a pass. */
export interface PassOptions {
  /** For each node, its rule. */
  readonly rules: readonly (CompleteRule | null)[];
  /** A value whose relevance is wanted: nothing goes beyond it. */
  readonly of: number;
  /** Whether a maximum pools relevance to the winner or as an average would. */
  readonly maxPool: "winner" | "average";
}

/** What came out of a pass. */
export interface Passed {
  /** The relevance of the value that was asked for. */
  readonly relevance: Float32Array;
  /** For each picture, what it began with. */
  readonly start: Float64Array;
  /** For each picture, what biases took. */
  readonly bias: Float64Array;
  /** For each picture, what nothing got. */
  readonly epsilon: Float64Array;
  /** For each picture, what went to other values, such as another input. */
  readonly elsewhere: Float64Array;
}

/** The sums of each picture's values. */
function sums(values: Float32Array, batch: number): Float64Array {
  const totals = new Float64Array(batch), size = values.length / batch;
  for (let n = 0, i = 0; n < batch; n++) {
    let sum = 0;
    for (const end = i + size; i < end; i++) sum += values[i];
    totals[n] = sum;
  }
  return totals;
}

/** One node with everything around it. */
interface Context {
  readonly node: GraphNode;
  readonly graph: Canonical["graph"];
  readonly batch: number;
  readonly xs: readonly Float32Array[];
  readonly y: Float32Array;
  readonly relevance: Float32Array;
  readonly rule: CompleteRule | null;
  readonly maxPool: "winner" | "average";
  /** What was made for this node in the pass before, or is made now. */
  kept<T extends Released>(make: () => T): T;
}

/** Something with memory. */
interface Released {
  release(): void;
}

const nothing = (batch: number) => ({
  bias: new Float64Array(batch),
  epsilon: new Float64Array(batch),
});

/** A layer by itself in a node's place. */
function alone(context: Context, layer: () => Layer): OneLayer {
  const { node, graph, batch } = context;
  return context.kept(() => {
    const shapes = node.inputs.map((value) => graph.shapes[value]);
    return new OneLayer(layer(), shapes, graph.shapes[node.output], batch);
  });
}

/** In proportion to what each input adds. */
function shareSum(context: Context, layer: () => Layer): Shared {
  const { batch, xs, relevance } = context, one = alone(context, layer);
  const z = one.forward(xs), taken = nothing(batch), size = z.length / batch;
  const s = new Float32Array(z.length);
  for (let n = 0, j = 0; n < batch; n++) {
    let lost = 0;
    for (const end = j + size; j < end; j++) {
      s[j] = quotient(relevance[j], z[j], EPSILON);
      lost += relevance[j] - s[j] * z[j];
    }
    taken.epsilon[n] = lost;
  }
  const inputs = one.backward(s).map((back, k) => {
    const x = xs[k], shares = new Float32Array(x.length);
    for (let i = 0; i < x.length; i++) shares[i] = back[i] * x[i];
    return shares;
  });
  return { inputs, ...taken };
}

/** To the input that each output is a copy of. */
function shareCopy(context: Context): Shared {
  const { node, batch, xs, relevance } = context, one = alone(context, () => node.layer);
  one.forward(xs);
  const inputs = one.backward(relevance).map((back) => back.slice());
  const epsilon = sums(relevance, batch);
  for (const input of inputs) sums(input, batch).forEach((sum, i) => epsilon[i] -= sum);
  return { ...nothing(batch), inputs, epsilon };
}

/** To what is weighed, in equal parts where that is several; nothing to gates. */
function shareProduct(context: Context): Shared {
  const { node, graph, batch, relevance } = context;
  const gates = node.inputs.map((value) => isGate(graph, value));
  const all = gates.every((gate) => gate), takers = gates.filter((gate) => all || !gate).length;
  // A sum gives back what each of its inputs is spread over.
  const one = alone(context, () => layerFromConfig("add", {}));
  const inputs = one.backward(relevance.map((r) => r / takers))
    .map((back, i) => all || !gates[i] ? back.slice() : new Float32Array(back.length));
  return { inputs, ...nothing(batch) };
}

/** Whether a value was made by a gate's activation, and moved about at most. */
function isGate(graph: Canonical["graph"], value: number): boolean {
  const maker = graph.nodes.find((node) => node.output === value);
  if (!maker) return false;
  const { layer, inputs } = maker;
  if (layer.kind === "activation") return GATES.includes(layer.activation);
  return relevanceOf(layer) === "copy" && inputs.length === 1 && isGate(graph, inputs[0]);
}

/** By the node's rule. */
function shareByRule(context: Context, rule: CompleteRule): Shared {
  const { node, graph, batch, xs: [x], y, relevance } = context, { layer } = node;
  if (rule.kind === "pass") {
    if (x.length !== y.length) {
      throw new DeconvError(
        `Cannot pass relevance unchanged through ${layer.title}: its output has not the shape of its input`,
      );
    }
    return { inputs: [relevance], ...nothing(batch) };
  }
  const shape = graph.shapes[node.inputs[0]], channels = shape[shape.length - 1];
  const { scale, shift } = relevanceOf(layer) === "affine"
    ? affineOf(layer)
    : { scale: null, shift: null };
  const kernel = scale ?? layer.parameters[0].value.view;
  const bias = shift ?? layer.parameters[1]?.value.view ??
    new Float32Array(graph.shapes[node.output].slice(-1)[0]);
  const run = context.kept(() => {
    if (!scale) {
      const [{ shape: weights }] = layer.parameters;
      return new WeightedLayer(layer, weights, shape, graph.shapes[node.output], batch);
    }
    // A weight for each channel, whatever axes there are before it.
    const perChannel = layerFromConfig("depthwise_conv1d", { kernelSize: 1 });
    const rows = [x.length / batch / channels, channels];
    return new WeightedLayer(perChannel, [1, channels, 1], rows, rows, batch);
  });
  return shareWeighted(run, rule, { batch, x, y, kernel, bias, relevance }, channels);
}

/** What each input of a node gets. */
function share(context: Context): Shared {
  const { node: { layer }, rule, batch, relevance, xs, maxPool } = context;
  switch (relevanceOf(layer)) {
    case "weighted":
      return shareByRule(context, rule!);
    case "affine":
      return rule ? shareByRule(context, rule) : { inputs: [relevance], ...nothing(batch) };
    case "pass":
      return { inputs: [relevance], ...nothing(batch) };
    case "sum":
      return shareSum(context, () => layer);
    case "copy": {
      const average = layer.kind.replace("max_pool", "average_pool");
      if (maxPool === "winner" || average === layer.kind) return shareCopy(context);
      return shareSum(context, () => layerFromConfig(average, layer.config));
    }
    case "product":
      return shareProduct(context);
    case "lookup": // a number gets what all values of its row got
      return { inputs: [Float32Array.from(sums(relevance, xs[0].length))], ...nothing(batch) };
    default:
      throw new DeconvError(
        `Cannot send relevance through ${layer.title}: layers of its kind do not say how (relevance of their LayerKind)`,
      );
  }
}

/** Sends relevance from the output of a graph back to one of its values, for batches of one size. */
export class RelevancePass {
  /** The graph's plan, with all values kept: to be run forward before `run`. */
  readonly plan: Plan;
  readonly #kept: Map<number, Released> = new Map();
  /** Number of the value where relevance begins: the output, before a sigmoid or softmax. */
  readonly #start: number;
  /** Values that depend on the one whose relevance is wanted. */
  readonly #depends: readonly boolean[];

  /**
   * @param network What it goes through.
   * @param batch Pictures at a time.
   */
  constructor(readonly network: Canonical, batch: number, readonly options: PassOptions) {
    const { graph } = network, depends = graph.shapes.map((_, value) => value === options.of);
    for (const { inputs, output } of graph.nodes) {
      if (inputs.some((value) => depends[value])) depends[output] = true;
    }
    this.#depends = depends;
    [this.#start] = graph.outputs;
    for (const { layer, inputs, output } of graph.nodes.toReversed()) {
      const ends = output === this.#start && output !== options.of;
      if (ends && layer.kind === "activation" && CHANCES.includes(layer.activation)) {
        [this.#start] = inputs;
      }
    }
    // Nothing is trained, so that there are no gradients; without them plans would keep more.
    this.plan = new Plan(graph, { batch, gradients: true, keep: true, precision: "precise" });
  }

  /** @param gradient Of the target with respect to the output. */
  run(gradient: Float32Array): Passed {
    const { plan, options: { rules, of, maxPool } } = this, { graph } = this.network;
    const { batch } = plan.options, { nodes } = graph, taken = nothing(batch);
    const scores = plan.values[this.#start].data.view;
    const start = scores.map((score, i) => score === 0 ? 0 : score * gradient[i]);
    const relevances = new Map<number, Float32Array>([[this.#start, start]]);
    for (let i = nodes.length - 1; i >= 0; i--) {
      const node = nodes[i], relevance = relevances.get(node.output);
      if (!relevance || node.output === of || !this.#depends[node.output]) continue;
      relevances.delete(node.output);
      const { inputs, bias, epsilon } = share({
        node,
        graph,
        batch,
        xs: node.inputs.map((value) => plan.values[value].data.view),
        y: plan.values[node.output].data.view,
        relevance,
        rule: rules[i],
        maxPool,
        kept: (make) => this.#keep(i, make),
      });
      for (let n = 0; n < batch; n++) {
        taken.bias[n] += bias[n];
        taken.epsilon[n] += epsilon[n];
      }
      node.inputs.forEach((value, k) => {
        const before = relevances.get(value);
        relevances.set(value, before ? before.map((r, i) => r + inputs[k][i]) : inputs[k]);
      });
    }
    const relevance = relevances.get(of) ?? new Float32Array(plan.values[of].data.length);
    relevances.delete(of);
    const elsewhere = new Float64Array(batch);
    for (const left of relevances.values()) {
      sums(left, batch).forEach((sum, n) => elsewhere[n] += sum);
    }
    return { relevance, start: sums(start, batch), ...taken, elsewhere };
  }

  #keep<T extends Released>(node: number, make: () => T): T {
    const kept = this.#kept.get(node) ?? make();
    this.#kept.set(node, kept);
    return kept as T;
  }

  /** Gives its memory back. */
  release(): void {
    this.plan.release();
    for (const kept of this.#kept.values()) kept.release();
  }
}
