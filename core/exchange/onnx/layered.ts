/** Single operators computed by the layers that they are. */
import { type OnnxArray, zerosOf } from "../../formats/onnx/array.ts";
import type { OnnxNode } from "../../formats/onnx/proto.ts";
import { input, type Layer } from "../../layer.ts";
import type { Model } from "../../model.ts";
import { model } from "../../sequential.ts";
import { type Shape, sizeOf, type Tensor } from "../../tensor.ts";
import { tensorOf, withShape } from "./arrays.ts";
import { type Flow, flowOf, natural, naturalOrder, onnxShape, settled } from "./flow.ts";
import { LAYER_OPERATORS } from "./operators.ts";
import { isFlow, type OnnxValue, Site } from "./site.ts";

/** Gives layers of a model the values that were read for them. */
export function setWeights(made: Model, weights: ReadonlyMap<Layer, Record<string, Tensor>>): void {
  for (const layer of made.layers) {
    for (const [name, values] of Object.entries(weights.get(layer) ?? {})) {
      made.setWeights(`${layer.name}/${name}`, values);
    }
  }
}

/** The array a batch of a value is. */
function arrayOf(
  { shape, data }: { shape: Shape; data: Float32Array },
  flow: Flow,
  like: OnnxArray,
) {
  const to = zerosOf(like.type, [shape[0], ...onnxShape(flow)]);
  to.data.set(data);
  return to;
}

/**
 * Computes a node by layers, its first `flows` inputs being what goes through the network.
 *
 * @throws {DeconvError} When no layer does what the node says.
 */
export function runLayers(
  node: OnnxNode,
  arrays: readonly (OnnxArray | null)[],
  opset: number,
  switches?: readonly [number, number],
): OnnxArray[] {
  const flows = switches ? 2 : 1, xs = arrays.slice(0, flows) as OnnxArray[];
  const inputs = xs.map(({ shape }) => input({ shape: shape.slice(1) }));
  const values = arrays.map((array, i): OnnxValue | null =>
    i >= flows ? array : {
      ...flowOf(inputs[i], naturalOrder(xs[i].shape.length)),
      ...i === 1 && { switches },
    }
  );
  const weights = new Map<Layer, Record<string, Tensor>>();
  const site = new Site(node, values, { opset, batch: null, weights, uses: () => 1 });
  const made = LAYER_OPERATORS.get(node.op)!(site).filter(isFlow).map((flow) =>
    natural(settled(flow))
  );
  const symbols = made.map(({ symbol }) => symbol);
  if (inputs.some((symbol) => symbols.includes(symbol))) return [xs[0]];
  const net = model({ inputs, outputs: symbols }, { precision: "precise" });
  setWeights(net, weights);
  const batchSize = Math.max(xs[0].shape[0], 1);
  return net.predictAll(xs.map(tensorOf), { batchSize }).map((y, i) => arrayOf(y, made[i], xs[0]));
}

/** The same with all axes of the array being those of one example. */
export function runLeading(
  node: OnnxNode,
  [x, ...rest]: readonly (OnnxArray | null)[],
  opset: number,
  axis: number,
): OnnxArray[] {
  const attributes = new Map(node.attributes).set("axis", axis < 0 ? axis : axis + 1);
  const leading = withShape(x!, [1, ...x!.shape]);
  return runLayers({ ...node, attributes }, [leading, ...rest], opset)
    .map((array) => withShape(array, array.shape.slice(1)));
}

/** A function of each value, whatever the shape. */
export function runEach(
  node: OnnxNode,
  arrays: readonly (OnnxArray | null)[],
  opset: number,
): OnnxArray[] {
  const x = arrays[0]!, row = withShape(x, [1, sizeOf(x.shape)]);
  return runLayers(node, [row, ...arrays.slice(1)], opset).map((y) => withShape(y, x.shape));
}
