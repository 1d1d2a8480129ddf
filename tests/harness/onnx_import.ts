/** Reading ONNX held against computing the file's graph node by node. */

import assert from "node:assert/strict";
import { decodeOnnx, type DecodeOnnxOptions, type Model } from "../../mod.ts";
import { evaluateOnnx } from "../../core/exchange/onnx/evaluate.ts";
import { floatArray } from "../../core/formats/onnx/array.ts";
import { decodeOnnxGraph, type OnnxGraph } from "../../core/formats/onnx/proto.ts";
import { channelsFirst, channelsLastOf, worst } from "./onnx_export.ts";
import { randomNormal } from "./random_array.ts";

/** How a file is read and compared. */
export interface ImportOptions extends DecodeOnnxOptions {
  /** Examples in the batch, where the file leaves it free. Default 2. */
  readonly batch?: number;
  /** Largest difference. Default 1e-5. */
  readonly tolerance?: number;
  /** What the inputs' normal numbers are multiplied by. Default 1. */
  readonly scale?: number;
  /** Whether outputs of four axes must be pictures. */
  readonly pictures?: boolean;
}

const last = (shape: readonly number[]) =>
  shape.length > 2 ? [shape[0], ...shape.slice(2), shape[1]] : [...shape];

/** A graph whose dropout, if it was written while training, drops nothing. */
function whenUsed(graph: OnnxGraph): OnnxGraph {
  const nodes = graph.nodes.map((node) =>
    node.op === "Dropout" ? { ...node, inputs: node.inputs.slice(0, 2) } : node
  );
  return { ...graph, nodes };
}

/**
 * Reads a file and fails unless the model gives what its graph gives. Inputs and outputs have channels
 * last where that is the model's shape; shapes that are the same either way count as pictures.
 */
export function checkImport(bytes: Uint8Array, options: ImportOptions = {}): Model {
  const { batch = 2, tolerance = 1e-5, scale = 1, inputShapes = {} } = options;
  const graph = whenUsed(decodeOnnxGraph(bytes)),
    { model: net, inputs } = decodeOnnx(bytes, options);
  net.precision = "precise";
  const [first] = graph.inputs[0].shape!, count = typeof first === "number" ? first : batch;
  const feeds = new Map(graph.inputs.map(({ name, shape }, i) => {
    const sizes = [count, ...inputShapes[name] ?? shape!.slice(1)];
    const { data } = randomNormal(sizes as number[], 11 + i);
    return [name, floatArray(sizes as number[], data.map((value) => value * scale))];
  }));
  const given = inputs.map((name, i) => {
    const { shape, data } = feeds.get(name)!, lying = last(shape), own = net.inputShapes[i];
    const x = { shape: [...shape], data: Float32Array.from(data) };
    if (lying.slice(1).join() !== own.join()) {
      assert.deepEqual([...own], shape.slice(1));
      return x;
    }
    return { shape: lying, data: channelsLastOf(x.data, lying) };
  });
  const wanted = evaluateOnnx(graph, feeds);
  net.predictAll(given).forEach((y, i) => {
    const { shape, data } = wanted[i], turned = last(shape).join() === y.shape.join();
    assert.ok(turned || !options.pictures || shape.length !== 4, `[${y.shape}] is no picture`);
    if (!turned) assert.deepEqual([...y.shape], [...shape]);
    const off = worst(turned ? channelsFirst(y).data : y.data, data);
    assert.ok(off <= tolerance, `output ${i} of [${y.shape}] is off by ${off}`);
  });
  return net;
}
