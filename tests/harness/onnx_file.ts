/** ONNX files made by hand. */

import { floatArray, type OnnxArray } from "../../core/formats/onnx/array.ts";
import {
  encodeOnnxGraph,
  FLOAT,
  type OnnxAttribute,
  type OnnxNode,
} from "../../core/formats/onnx/proto.ts";
import { randomNormal } from "./random_array.ts";

/** A node: its operator, the names of what it takes and makes (several with spaces), its attributes. */
export type NodeRow = readonly [
  op: string,
  inputs: readonly string[],
  output: string,
  attributes?: Record<string, OnnxAttribute>,
];

/** The bytes of a model from `x`, and more inputs of its shape by their names, to `y`. */
export function onnxFile(
  nodes: readonly NodeRow[],
  arrays: Record<string, OnnxArray>,
  shape: readonly (number | string)[],
  more: Readonly<Record<string, readonly (number | string)[]>> = {},
): Uint8Array {
  const inputs = Object.entries({ x: shape, ...more });
  return encodeOnnxGraph({
    name: "made",
    opset: 17,
    producer: "a test",
    nodes: nodes.map(([op, inputs, output, attributes = {}]): OnnxNode => ({
      name: `${op}_of_${output}`,
      op,
      domain: "",
      inputs,
      outputs: output.split(" "),
      attributes: new Map(Object.entries(attributes)),
    })),
    initializers: new Map(Object.entries(arrays)),
    inputs: inputs.map(([name, shape]) => ({ name, type: FLOAT, shape })),
    outputs: [{ name: "y", type: FLOAT, shape: null }],
  });
}

/** Normal numbers. */
export const randomFloats = (shape: readonly number[], seed: number): OnnxArray =>
  floatArray(shape, randomNormal(shape, seed).data);
