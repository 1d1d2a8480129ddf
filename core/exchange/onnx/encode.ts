/** Writes ONNX: a network becomes a graph, layer by layer. */
import { DeconvError } from "../../errors.ts";
import { encodeOnnxGraph, FLOAT, type OnnxValueInfo } from "../../formats/onnx/proto.ts";
import { placeName } from "../../graph.ts";
import type { Layer, LayerPart } from "../../layer.ts";
import { layerFromConfig } from "../../layers/registry.ts";
import type { Model } from "../../model.ts";
import type { Parameter } from "../../operation.ts";
import type { Shape, Tensor } from "../../tensor.ts";
import { PRODUCER } from "./decode.ts";
import { ACTIVATION_EXPORTERS } from "./export_activation.ts";
import { CONVOLUTION_EXPORTERS } from "./export_conv.ts";
import { DENSE_EXPORTERS } from "./export_dense.ts";
import { NORMALIZATION_EXPORTERS } from "./export_norm.ts";
import { POOL_EXPORTERS } from "./export_pool.ts";
import { SHAPE_EXPORTERS } from "./export_shape.ts";
import type { Exporter, ExportSite, Places } from "./export_site.ts";
import { channelsLast } from "./flow.ts";
import { GraphWriter } from "./graph_writer.ts";

const EXPORTERS: ReadonlyMap<string, Exporter> = new Map(Object.entries({
  ...CONVOLUTION_EXPORTERS,
  ...NORMALIZATION_EXPORTERS,
  ...POOL_EXPORTERS,
  ...ACTIVATION_EXPORTERS,
  ...DENSE_EXPORTERS,
  ...SHAPE_EXPORTERS,
}));

/** The version of ONNX's operators that is written. */
const OPSET = 17;

/**
 * A model as the bytes of an ONNX file, for inference: opset 17, the batch left free.
 *
 * Inputs and outputs have channels first, as ONNX's convolutions have them: a picture of
 * `[height, width, channels]` is `[batch, channels, height, width]` in the file. They have the names of
 * the model's inputs and of the layers that make its outputs. What only training does (dropout, noise,
 * sampling) is left out, and running statistics are what they are now.
 *
 * @throws {DeconvError} When a layer cannot be said in ONNX: unpooling with windows that overlap.
 *
 * @example
 * ```ts
 * import { conv2dTranspose, encodeOnnx, sequential } from "@deconv/deconv";
 * const net = sequential([
 *   conv2dTranspose({ filters: 3, kernelSize: 4, strides: 2, padding: "same", inputShape: [8, 8, 4] }),
 * ]);
 * console.log(encodeOnnx(net).length > 0); // true
 * ```
 */
export function encodeOnnx(model: Model): Uint8Array {
  const { graph } = model, { inputNames, shapes, nodes, outputs } = graph;
  const to = new GraphWriter(), places = new Map<string, Places>();
  const names: string[] = inputNames.map((name) => to.unique(name));
  const starts = [...names];
  nodes.forEach(({ layer, inputs, output }, i) => {
    names[output] = written(layer, {
      to,
      places,
      kind: layer.kind,
      name: placeName(graph, i).replaceAll("/", "_"),
      config: layer.config,
      inputs: inputs.map((value) => names[value]),
      shapes: inputs.map((value) => shapes[value]),
      output: shapes[output],
      parameters: layer.parameters.map(tensorOf),
    });
  });
  const ends = new Set<string>();
  const results = outputs.map((value) => {
    const made = names[value], taken = starts.includes(made) || ends.has(made);
    const name = taken ? to.node("Identity", [made], `${made}_output`) : made;
    ends.add(name);
    return infoOf(name, shapes[value]);
  });
  return encodeOnnxGraph({
    name: model.name,
    opset: OPSET,
    producer: PRODUCER,
    nodes: to.nodes,
    initializers: to.arrays,
    inputs: starts.map((name, i) => infoOf(name, shapes[i])),
    outputs: results,
  });
}

/** Writes a layer, or the layers that together do what it does. */
function written(layer: Layer, site: ExportSite): string {
  const exporter = EXPORTERS.get(layer.kind);
  if (exporter) return exporter(site);
  const parts = layer.definition.parts?.(layer.config, layer.parameters);
  if (!parts) {
    throw new DeconvError(`Cannot write ${layer.title} as ONNX: it has no operator for it`);
  }
  return inParts(site, parts);
}

function inParts(site: ExportSite, parts: readonly LayerPart[]): string {
  let { inputs, shapes } = site;
  parts.forEach(({ kind, config, parameters }, i) => {
    const exporter = EXPORTERS.get(kind),
      name = i === parts.length - 1 ? site.name : `${site.name}_${i + 1}`;
    if (!exporter) {
      throw new DeconvError(
        `Cannot write ${site.kind} "${site.name}" as ONNX: ${kind} has no operator`,
      );
    }
    const layer = layerFromConfig(kind, config), output = layer.outputShape(shapes);
    const given = { kind, name, config: layer.config, inputs, shapes, output };
    inputs = [exporter({ ...site, ...given, parameters: parameters.map(tensorOf) })];
    shapes = [output];
  });
  return inputs[0];
}

/** A parameter's values, copied. */
function tensorOf(parameter: Parameter | Tensor): Tensor {
  const { shape } = parameter;
  return { shape, data: "data" in parameter ? parameter.data : parameter.value.view.slice() };
}

/** An input or output of the file. */
function infoOf(name: string, shape: Shape): OnnxValueInfo {
  const sizes = ["batch", ...shape], order = channelsLast(sizes.length);
  return { name, type: FLOAT, shape: sizes.map((_, axis) => sizes[order.indexOf(axis)]) };
}
