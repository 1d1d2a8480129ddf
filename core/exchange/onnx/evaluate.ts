/** Runs ONNX graphs node by node over arrays: every operator that has a layer by that layer. */
import { DeconvError } from "../../errors.ts";
import { isFloat, type OnnxArray } from "../../formats/onnx/array.ts";
import type { OnnxGraph, OnnxNode } from "../../formats/onnx/proto.ts";
import { runBatchStatistics } from "./batch_statistics.ts";
import { runGradient } from "./gradient.ts";
import { flatIndices, ownPlaces, runPools } from "./layered_pools.ts";
import { runEach, runLayers, runLeading } from "./layered.ts";
import { runVolumes } from "./layered_volumes.ts";
import { ACTIVATION_CONVERTERS } from "./convert_activation.ts";
import { CONVOLUTION_CONVERTERS } from "./convert_conv.ts";
import { NORMALIZATION_CONVERTERS } from "./convert_norm.ts";
import { POOL_CONVERTERS } from "./convert_pool.ts";
import { ARRAY_OPERATORS, LAYER_OPERATORS } from "./operators.ts";
import { layerStatistics } from "./operators_sums.ts";
import { loneSite, nodeTitle, type Site } from "./site.ts";

const PLAIN = ["Dropout", "Identity", "Cast", "Celu", "HardSigmoid"];
const BY_AXIS = ["Softmax", "LogSoftmax", "LayerNormalization", "PRelu"];

/** Operators that layers compute, and no array operator beside what is said of their other outputs. */
const LAYERED: ReadonlySet<string> = new Set([
  ...Object.keys(CONVOLUTION_CONVERTERS),
  ...Object.keys(POOL_CONVERTERS).filter((op) => op !== "Mod"),
  ...Object.keys(NORMALIZATION_CONVERTERS),
  ...Object.keys(ACTIVATION_CONVERTERS).filter((op) => !PLAIN.includes(op)),
  "Gemm",
  "MatMul",
  "Resize",
  "Upsample",
  "DepthToSpace",
  "SpaceToDepth",
  "LpPool",
]);

/** Whether an operator can be computed, as layers or otherwise. */
export function isEvaluated(op: string): boolean {
  return LAYERED.has(op) || ARRAY_OPERATORS.has(op);
}

/** Computes a node by layers. */
function layered(
  node: OnnxNode,
  arrays: readonly (OnnxArray | null)[],
  opset: number,
): OnnxArray[] {
  const site = loneSite(node, arrays, opset);
  const x = site.array(0), rank = x.shape.length, { op } = node;
  if (op in CONVOLUTION_CONVERTERS && rank === 5) return runVolumes(node, arrays, opset);
  if (op === "BatchNormalization" && site.number("training_mode", 0)) {
    return runBatchStatistics(node, arrays, opset);
  }
  if (op === "MaxUnpool") return unpooled(site, arrays, opset);
  if (op === "MaxPool" && node.outputs[1]) return withPlaces(site, arrays, opset);
  if (op === "LpPool") return runPools(node, x, opset);
  if (op === "GlobalMaxPool" || op === "GlobalAveragePool") {
    if (rank <= 4) return runLayers(node, arrays, opset);
    const attributes = new Map([["kernel_shape", x.shape.slice(2)]]);
    return runPools({ ...node, op: op.slice("Global".length), attributes }, x, opset);
  }
  if (op.endsWith("Pool")) {
    const usual = trying(() => runLayers(node, arrays, opset));
    return usual ?? runPools(node, x, opset);
  }
  if (BY_AXIS.includes(op)) {
    const usual = rank > 1 ? trying(() => runLayers(node, arrays, opset)) : null;
    const first = op.endsWith("oftmax") && opset < 13 ? 1 : -1;
    return usual ?? runLeading(node, arrays, opset, site.number("axis", first));
  }
  if (op in ACTIVATION_CONVERTERS) return runEach(node, arrays, opset);
  return runLayers(node, arrays, opset);
}

/** What a computation gives; null where there is no layer for it. */
function trying(compute: () => OnnxArray[]): OnnxArray[] | null {
  try {
    return compute();
  } catch (error) {
    if (error instanceof DeconvError) return null;
    throw error;
  }
}

/** Max pooling with the places of the maxima. */
function withPlaces(site: Site, arrays: readonly (OnnxArray | null)[], opset: number): OnnxArray[] {
  const attributes = new Map(site.node.attributes), { shape } = site.array(0);
  attributes.delete("storage_order");
  const [y, switches] = runLayers({ ...site.node, attributes }, arrays, opset);
  const byColumns = site.number("storage_order", 0) === 1;
  return [y, flatIndices(switches, [shape[2], shape[3]], byColumns)];
}

/** Unpooling from indices: they count in an output of the size that the windows suggest. */
function unpooled(site: Site, arrays: readonly (OnnxArray | null)[], opset: number): OnnxArray[] {
  const x = site.array(0), kernel = site.list("kernel_shape") ?? [], { shape } = x;
  const strides = site.list("strides") ?? [1, 1], pads = site.list("pads") ?? [0, 0, 0, 0];
  const size = [0, 1].map((i) =>
    (shape[i + 2] - 1) * strides[i] - pads[i] - pads[i + 2] + kernel[i]
  ) as [number, number];
  const places = ownPlaces(site.array(1), size[0] * size[1]);
  return runLayers(site.node, [x, places, ...arrays.slice(2)], opset, size);
}

/**
 * Computes one node.
 *
 * @throws {DeconvError} When nothing here computes its operator.
 */
export function evaluateNode(
  node: OnnxNode,
  arrays: readonly (OnnxArray | null)[],
  opset: number,
): OnnxArray[] {
  const { op } = node, plain = ARRAY_OPERATORS.get(op);
  const x = arrays[0];
  const useLayers = LAYERED.has(op) && x && isFloat(x.type) && x.data.length > 0;
  const whole = op.endsWith("Pool") && x && !isFloat(x.type);
  if (useLayers || whole) {
    const made = plain ? trying(() => layered(node, arrays, opset)) : layered(node, arrays, opset);
    if (made) {
      if (op !== "LayerNormalization" || node.outputs.length < 2) return made;
      return [made[0], ...layerStatistics(loneSite(node, arrays, opset)).slice(1) as OnnxArray[]];
    }
  }
  if (!plain) {
    const known = LAYER_OPERATORS.has(op);
    throw new DeconvError(
      `${nodeTitle(node)}: ${known ? "it computes floats only" : "the operator is not known"}`,
    );
  }
  return plain(loneSite(node, arrays, opset)) as OnnxArray[];
}

/**
 * Computes a graph.
 *
 * @param feeds Its inputs by name; initializers may be given anew.
 * @returns Its outputs, in order.
 * @throws {DeconvError} When an input is missing or an operator is not known.
 */
export function evaluateOnnx(graph: OnnxGraph, feeds: ReadonlyMap<string, OnnxArray>): OnnxArray[] {
  const values = new Map<string, OnnxArray>([...graph.initializers, ...feeds]);
  const find = (name: string, node: OnnxNode) => {
    if (!name) return null;
    const found = values.get(name);
    if (found) return found;
    throw new DeconvError(`${nodeTitle(node)}: there is no value "${name}"`);
  };
  graph.nodes.forEach((node, i) => {
    const inputs = node.inputs.map((name) => find(name, node));
    const made = node.op === "Gradient"
      ? runGradient(node, graph.nodes.slice(0, i), values, graph.opset)
      : evaluateNode(node, inputs, graph.opset);
    node.outputs.forEach((name, k) => name && made[k] && values.set(name, made[k]));
  });
  return graph.outputs.map(({ name }) => {
    const found = values.get(name);
    if (found) return found;
    throw new DeconvError(`nothing makes the output "${name}"`);
  });
}
