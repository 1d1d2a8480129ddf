import { positive } from "../geometry.ts";
import type { Graph } from "../graph.ts";
import type { Model } from "../model.ts";
import type { Tensors } from "../network.ts";
import { INFERENCE } from "../operation.ts";
import { Plan } from "../plan.ts";
import { baselineOf, type InputBaseline } from "./baseline.ts";
import { type ExplainOptions, rows } from "./gradient.ts";
import { type CompleteMap, completeMap } from "./method.ts";
import { endMultipliers, inputMultipliers } from "./deep_lift/multipliers.ts";
import { OneLayer } from "./one_layer.ts";
import { startOf } from "./start.ts";

/** Options of `deepLift`. */
export interface DeepLiftOptions extends ExplainOptions {
  /** What nothing is; of what explains. Default 0. */
  baseline?: InputBaseline;
}

/**
 * DeepLIFT with the rescale rule (Shrikumar, Greenside & Kundaje 2017): (x − x′) times a multiplier that
 * is handed back like a gradient, but for the whole difference from a reference x′: an activation
 * passes Δy/Δx where a gradient has its slope, so that relus that are not active still tell what they
 * would have done.
 *
 * The map is complete: it sums to the target's value less that at the reference. `gaps` (Captum's
 * convergence delta) says how far it is from that.
 *
 * - max pooling, as in Captum: what a maximum rose belongs to where it is, what it fell to where it was;
 * - unpooling: all that a value makes by moving belongs to the value, nothing to switches;
 * - products, layer, group and instance normalisation and a softmax between layers, which Captum lets
 *   pass as gradients or refuses: the mean gradient on the line from the reference, which keeps the sum. So for a
 *   target that is no sum, such as an error.
 *
 * @param x The pictures, one tensor for each input; inputs other than the one that explains stay.
 * @returns A number for each number of what explains, with `gaps` and `differences`.
 * @throws {DeconvError} When a shape, the target, the baseline or a name is wrong.
 *
 * @example
 * ```ts
 * import { deepLift, preset, tensor } from "@deconv/deconv";
 * const net = preset("classifier").build({ seed: 0 });
 * const x = tensor(new Float32Array(32 * 32 * 3).fill(0.5), [1, 32, 32, 3]);
 * const map = deepLift(net, x, { baseline: 0 });
 * console.log(map.shape, Math.abs(map.gaps[0]) < 1e-3); // [1, 32, 32, 3] true
 * ```
 */
export function deepLift(model: Model, x: Tensors, options: DeepLiftOptions = {}): CompleteMap {
  const { baseline = 0, batchSize = 32 } = options;
  positive(batchSize, "batchSize");
  const start = startOf(model, x, options), { target, part, xs, place, value } = start;
  const from = baselineOf(value, baseline), map = new Float32Array(value.data.length);
  const differences: number[] = [];
  for (let first = 0; first < target.count; first += batchSize) {
    const last = Math.min(target.count, first + batchSize), count = last - first;
    const pictures = Array.from({ length: count }, (_, i) => first + i);
    const plan = new Plan(part.graph, {
      batch: 2 * count,
      gradients: false,
      keep: true,
      precision: "precise",
    });
    try {
      plan.inputs.forEach(({ data }, i) => {
        const now = rows(xs[i], first, last).data;
        data.view.set(now);
        data.view.set(i === place ? rows(from, first, last).data : now, now.length);
      });
      plan.forward(INFERENCE);
      const shape = [count, ...part.outputShape], { view } = plan.outputs[0].data;
      const y = view.slice(0, view.length / 2), y0 = view.slice(view.length / 2);
      const at = (data: Float32Array) => target.evaluate({ shape, data }, pictures);
      const reference = at(y0).values;
      differences.push(...at(y).values.map((v, i) => v - reference[i]));
      const end = endMultipliers(y, y0, (data) => at(data).gradient.data);
      const multipliers = handBack(part.graph, plan, end, place);
      const offset = first * value.data.length / target.count;
      multipliers.forEach((m, i) =>
        map[offset + i] = m * (value.data[offset + i] - from.data[offset + i])
      );
    } finally {
      plan.release();
    }
  }
  return completeMap({ shape: value.shape, data: map }, differences);
}

/** Hands multipliers back from the end to a value, through the layers between them. */
function handBack(graph: Graph, plan: Plan, end: Float32Array, to: number): Float32Array {
  const { nodes, shapes, outputs: [last] } = graph;
  const depends = new Set([to]);
  for (const { inputs, output } of nodes) {
    if (inputs.some((value) => depends.has(value))) depends.add(output);
  }
  const multipliers = new Map([[last, end]]);
  for (const { layer, inputs, output } of nodes.toReversed()) {
    const dy = multipliers.get(output);
    if (!dy || !depends.has(output)) continue;
    const inner = inputs.map((value) => shapes[value]);
    const run = new OneLayer(layer, inner, shapes[output], plan.options.batch);
    try {
      const found = inputMultipliers({
        layer,
        run,
        inputs: inputs.map((value) => plan.values[value].data.view),
        output: plan.values[output].data.view,
      }, dy);
      inputs.forEach((value, i) => {
        const sum = multipliers.get(value);
        if (!sum) multipliers.set(value, found[i].slice());
        else found[i].forEach((m, k) => sum[k] += m);
      });
    } finally {
      run.release();
    }
  }
  return multipliers.get(to)!;
}
