import type { Graph } from "../../graph.ts";
import type { Shape } from "../../tensor.ts";
import { type LayerTaps, layerTaps } from "./layer_taps.ts";
import { EVEN, type OverlapMap, throughTaps, together, transposed } from "./overlap.ts";
import type { Period } from "./spectrum.ts";

/** The strides of a layer that leave a pattern, and after how many pixels it repeats at the end. */
export interface Trace {
  /** Number of the layer's node. */
  readonly node: number;
  /** Rows and columns of the pattern where the network ends: its output, or backward its input. */
  readonly period: Period;
}

/** The patterns of a network in one direction. */
export interface Patterns {
  /** How often the pixels of each value are painted by what lies before it (backward: after it). */
  readonly maps: readonly OverlapMap[];
  /** The map of each node by itself, on even ground; null where pixels mean nothing. */
  readonly own: readonly (OverlapMap | null)[];
  /** The layers whose patterns reach the end. */
  readonly traces: readonly Trace[];
}

/** A map with the layers that have added to its period. */
interface Traced {
  readonly map: OverlapMap;
  readonly traces: readonly Trace[];
}

const PLAIN: Traced = { map: EVEN, traces: [] };

/** What a layer makes of a map, and of the patterns that others have left. */
function through({ map, traces }: Traced, taps: LayerTaps, node: number, back: boolean): Traced {
  const steps = back ? taps.steps.map(transposed).toReversed() : taps.steps;
  const run = (start: OverlapMap) => steps.reduce((now, step) => throughTaps(now, step), start);
  const periods = traces.map(({ node, period: [rows, columns] }) => {
    const { period } = run({ period: [rows, columns], counts: new Float64Array(rows * columns) });
    return { node, period };
  });
  const own = run(EVEN).period;
  const all = own[0] * own[1] > 1 ? [...periods, { node, period: own }] : periods;
  return {
    map: run(map),
    traces: all.filter(({ period }) => period[0] * period[1] > 1),
  };
}

/** Several patterns on the same pixels. */
function joined(all: readonly Traced[]): Traced {
  if (all.length === 1) return all[0];
  const traces = all.flatMap(({ traces }) => traces);
  const isFirst = (trace: Trace, i: number) =>
    traces.findIndex(({ node }) => node === trace.node) === i;
  return { map: together(all.map(({ map }) => map)), traces: traces.filter(isFirst) };
}

/** What every node of a network does to pixels. */
export function tapsOfGraph({ nodes, shapes }: Graph): (LayerTaps | null)[] {
  return nodes.map(({ layer, inputs, output }) =>
    layerTaps(layer, inputs.map((value): Shape => shapes[value]), shapes[output])
  );
}

/** The patterns that a network leaves in its first output. */
export function forwardPatterns(graph: Graph, taps: readonly (LayerTaps | null)[]): Patterns {
  const values: Traced[] = graph.shapes.map(() => PLAIN);
  const own = graph.nodes.map(({ inputs, output }, node) => {
    const does = taps[node];
    if (!does) return null;
    values[output] = through(joined(inputs.map((value) => values[value])), does, node, false);
    return through(PLAIN, does, node, false).map;
  });
  return { maps: values.map(({ map }) => map), own, traces: values[graph.outputs[0]].traces };
}

/** The patterns that its first output's gradient leaves in the gradient of its first input. */
export function backwardPatterns(graph: Graph, taps: readonly (LayerTaps | null)[]): Patterns {
  const parts: Traced[][] = graph.shapes.map(() => []);
  const own: (OverlapMap | null)[] = graph.nodes.map(() => null);
  const at = (value: number) => parts[value].length ? joined(parts[value]) : PLAIN;
  for (let node = graph.nodes.length - 1; node >= 0; node--) {
    const { inputs, output } = graph.nodes[node], does = taps[node];
    for (const value of inputs) {
      parts[value].push(does ? through(at(output), does, node, true) : PLAIN);
    }
    if (does) own[node] = through(PLAIN, does, node, true).map;
  }
  return { maps: graph.shapes.map((_, value) => at(value).map), own, traces: at(0).traces };
}
