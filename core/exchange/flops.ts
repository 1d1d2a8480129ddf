import type { Graph, GraphNode } from "../graph.ts";
import { type Shape, sizeOf } from "../tensor.ts";

/**
 * Floating-point operations that a layer takes for one picture: the multiply-adds of its kernels, counted
 * as two. Activations, pools and norms, which take next to nothing beside them, are not counted.
 */
export function layerFlops({ shapes }: Graph, { layer, inputs, output }: GraphNode): number {
  const from = inputs.map((value) => shapes[value]);
  // A transposed kernel is put down at every place of the input, another at every place of the output.
  const places = placesOf(/_transpose$/.test(layer.kind) ? from[0] : shapes[output]);
  const kernels = layer.parameterSpecs(from).filter(({ name }) => /kernel$/.test(name));
  return kernels.reduce((sum, { shape }) => sum + 2 * sizeOf(shape) * places, 0);
}

/** All but the channels. */
function placesOf(shape: Shape): number {
  return sizeOf(shape.slice(0, -1));
}
