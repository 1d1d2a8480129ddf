/** Batch normalisation while training: ONNX has running statistics as outputs. */
import { type OnnxArray, zerosOf } from "../../formats/onnx/array.ts";
import type { OnnxNode } from "../../formats/onnx/proto.ts";
import { runLayers } from "./layered.ts";
import { sizeOf } from "../../tensor.ts";
import { loneSite } from "./site.ts";

/** Normalises by the batch's own statistics, by the layer, and moves the running ones. */
export function runBatchStatistics(
  node: OnnxNode,
  arrays: readonly (OnnxArray | null)[],
  opset: number,
): OnnxArray[] {
  const site = loneSite(node, arrays, opset);
  const x = site.array(0), [count, channels, ...places] = x.shape, pixels = sizeOf(places);
  const mean = zerosOf("float64", [channels]), variance = zerosOf("float64", [channels]);
  const each = (c: number, visit: (value: number) => void) => {
    for (let n = 0; n < count; n++) {
      for (let p = 0; p < pixels; p++) visit(x.data[(n * channels + c) * pixels + p]);
    }
  };
  for (let c = 0; c < channels; c++) {
    each(c, (value) => mean.data[c] += value / (count * pixels));
    each(c, (value) => variance.data[c] += (value - mean.data[c]) ** 2 / (count * pixels));
  }
  const attributes = new Map(node.attributes).set("training_mode", 0);
  const [y] = runLayers(
    { ...node, attributes },
    [...arrays.slice(0, 3), mean, variance],
    opset,
  );
  const momentum = site.number("momentum", 0.9);
  const moved = (running: OnnxArray, now: OnnxArray) => {
    const to = zerosOf(running.type, running.shape);
    running.data.forEach((value, c) =>
      to.data[c] = value * momentum + now.data[c] * (1 - momentum)
    );
    return to;
  };
  return [y, moved(site.array(3), mean), moved(site.array(4), variance)];
}
