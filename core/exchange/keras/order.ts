import type { CallNumber, WrittenGraph, WrittenLayer } from "./write_graph.ts";

/**
 * The layers in the order that Keras 3 gives them when it reads a network (`map_graph` in
 * keras/src/ops/function.py): those farther from the outputs first, those equally far as a walk back from the
 * outputs meets them. Weights are told apart by it: of two dense layers the first is `dense`, the second
 * `dense_1`.
 */
export function kerasOrder({ layers, calls, outputs }: WrittenGraph): WrittenLayer[] {
  const met = new Map<WrittenLayer, number>();
  const sorted = walk({ calls, outputs }, (layer) => met.has(layer) || met.set(layer, met.size));
  const far = new Map<CallNumber, number>(), layersFar = new Map<WrittenLayer, number>();
  for (const call of sorted.toReversed()) {
    const { layer, inputs } = calls[call];
    const distance = Math.max(far.get(call) ?? 0, layersFar.get(layer) ?? 0);
    far.set(call, distance);
    layersFar.set(layer, distance);
    for (const from of inputs) far.set(from, Math.max(distance + 1, far.get(from) ?? 0));
  }
  return layers.toSorted((a, b) =>
    layersFar.get(b)! - layersFar.get(a)! || met.get(a)! - met.get(b)!
  );
}

/** Walks back from the outputs, depth first; gives the calls, each behind those it needs. */
function walk(
  { calls, outputs }: Pick<WrittenGraph, "calls" | "outputs">,
  meet: (layer: WrittenLayer) => void,
): CallNumber[] {
  const done = new Set<CallNumber>(), sorted: CallNumber[] = [];
  // An explicit stack: networks may be deeper than the call stack.
  const stack = outputs.map((call) => ({ call, next: -1 })).reverse();
  while (stack.length) {
    const top = stack[stack.length - 1], { layer, inputs } = calls[top.call];
    if (top.next < 0 && !done.has(top.call)) meet(layer);
    top.next++;
    if (!done.has(top.call) && top.next < inputs.length) {
      stack.push({ call: inputs[top.next], next: -1 });
      continue;
    }
    stack.pop();
    if (!done.has(top.call)) sorted.push(top.call);
    done.add(top.call);
  }
  return sorted;
}
