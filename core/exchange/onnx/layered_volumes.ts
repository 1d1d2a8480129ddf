/** Convolutions in three dimensions, as sums of convolutions of planes. */
import { type OnnxArray, zerosOf } from "../../formats/onnx/array.ts";
import type { OnnxNode } from "../../formats/onnx/proto.ts";
import { gathered, stridesOf, transposed, withShape } from "./arrays.ts";
import { padsOf } from "./convert_conv.ts";
import { runLayers } from "./layered.ts";
import { loneSite } from "./site.ts";

/** Computes a convolution over [N, C, D, H, W], transposed or not, by layers over pictures. */
export function runVolumes(
  node: OnnxNode,
  arrays: readonly (OnnxArray | null)[],
  opset: number,
): OnnxArray[] {
  const [x, w, bias] = arrays as [OnnxArray, OnnxArray, OnnxArray | null];
  const site = loneSite(node, arrays, opset), transpose = node.op === "ConvTranspose";
  const [count, channels, depth, height, width] = x.shape, sizes = [depth, height, width];
  const strides = site.list("strides") ?? [1, 1, 1],
    dilations = site.list("dilations") ?? [1, 1, 1];
  const extents = sizes.map((_, i) => (w.shape[i + 2] - 1) * dilations[i] + 1);
  const { begin, end } = padsOf(site, sizes, extents, strides);
  const extra = site.list("output_padding") ?? [0, 0, 0];
  if (transpose && site.list("output_shape")) {
    throw site.fail("output_shape is not read of volumes");
  }
  const out = transpose
    ? (depth - 1) * strides[0] + extents[0] + extra[0] - begin[0] - end[0]
    : Math.floor((depth + begin[0] + end[0] - extents[0]) / strides[0]) + 1;
  const attributes = new Map(node.attributes);
  attributes.delete("kernel_shape");
  attributes.delete("auto_pad");
  attributes.set("strides", strides.slice(1)).set("dilations", dilations.slice(1));
  attributes.set("pads", [...begin.slice(1), ...end.slice(1)]);
  if (transpose) attributes.set("output_padding", extra.slice(1));
  const planes = transposed(x, [0, 2, 1, 3, 4]), plane = channels * height * width;
  const steps = stridesOf(w.shape), kernelShape = [w.shape[0], w.shape[1], w.shape[3], w.shape[4]];
  let sum: OnnxArray | null = null, area = 0, filters = 0;
  for (let tap = 0; tap < w.shape[2]; tap++) {
    const kernel = gathered(
      w,
      kernelShape,
      [steps[0], steps[1], steps[3], steps[4]],
      tap * steps[2],
    );
    const place = (o: number) => o * strides[0] - begin[0] + tap * dilations[0];
    // What each plane of the output reads, or where each of the input goes.
    const given = transpose ? depth : out;
    const taken = zerosOf(x.type, [count * given, channels, height, width]);
    for (let n = 0; n < count; n++) {
      for (let d = 0; d < given; d++) {
        const from = transpose ? d : place(d);
        if (from < 0 || from >= depth) continue;
        const at = (n * depth + from) * plane;
        taken.data.set(planes.data.subarray(at, at + plane), (n * given + d) * plane);
      }
    }
    const [y] = runLayers({ ...node, attributes }, [taken, kernel], opset);
    filters = y.shape[1];
    area = y.shape[1] * y.shape[2] * y.shape[3];
    sum ??= zerosOf("float64", [count, out, ...y.shape.slice(1)]);
    for (let n = 0; n < count; n++) {
      for (let d = 0; d < given; d++) {
        const to = transpose ? place(d) : d;
        if (to < 0 || to >= out) continue;
        for (let i = 0; i < area; i++) {
          sum.data[(n * out + to) * area + i] += y.data[(n * given + d) * area + i];
        }
      }
    }
  }
  const pixels = area / filters, total = sum!;
  if (bias) {
    total.data.forEach((_, i) => total.data[i] += bias.data[Math.floor(i / pixels) % filters]);
  }
  const lying = transposed(total, [0, 2, 1, 3, 4]);
  const made = zerosOf(x.type, lying.shape);
  made.data.set(lying.data);
  return [withShape(made, lying.shape)];
}
