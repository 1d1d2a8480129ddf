/** Pools that no layer has as they are: in three dimensions, dilated, with windows over the edge. */
import { type OnnxArray, zerosOf } from "../../formats/onnx/array.ts";
import type { OnnxNode } from "../../formats/onnx/proto.ts";
import { averagePool1d, maxPool1d } from "../../layers/pool1d.ts";
import { sequential } from "../../sequential.ts";
import { sizeOf } from "../../tensor.ts";
import { tensorOf, transposed, withShape } from "./arrays.ts";
import { countsPadding, windowsOf } from "./convert_pool.ts";
import { loneSite } from "./site.ts";

/** Computes a pool one axis after the other: its windows laid out side by side are pooled by a layer. */
export function runPools(node: OnnxNode, x: OnnxArray, opset: number): OnnxArray[] {
  const site = loneSite(node, [x], opset), maxima = node.op === "MaxPool";
  const power = node.op === "LpPool" ? site.number("p", 2) : 0;
  const windows = windowsOf(site, x.shape.slice(2)), counted = countsPadding(site);
  let made: OnnxArray = power
    ? { ...x, data: x.data.map((v) => Math.abs(v) ** power) as Float32Array }
    : x;
  x.shape.slice(2).forEach((size, i) => {
    const axis = i + 2, k = windows.kernel[i], out = windows.out[i];
    const rank = made.shape.length, others = made.shape.map((_, a) => a).filter((a) => a !== axis);
    const lying = transposed(made, [...others, axis]), lines = made.data.length / size;
    const laid = zerosOf(x.type, [lines, out * k, 1]);
    laid.data.fill(maxima ? -Infinity : 0);
    const counts = Array.from({ length: out }, () => 0);
    for (let o = 0; o < out; o++) {
      for (let tap = 0; tap < k; tap++) {
        const at = o * windows.strides[i] - windows.begin[i] + tap * windows.dilations[i];
        const inside = at >= 0 && at < size;
        if (inside || counted && at >= -windows.begin[i] && at < size + windows.end[i]) counts[o]++;
        if (!inside) continue;
        for (let line = 0; line < lines; line++) {
          laid.data[(line * out + o) * k + tap] = lying.data[line * size + at];
        }
      }
    }
    const options = { poolSize: k, strides: k, inputShape: [out * k, 1] };
    const net = sequential([maxima ? maxPool1d(options) : averagePool1d(options)]);
    const pooled = net.predict(tensorOf(laid), { batchSize: Math.max(lines, 1) });
    const shape = others.map((a) => made.shape[a]);
    const data = maxima
      ? pooled.data
      : pooled.data.map((v, at) => power ? v * k : v * k / counts[at % out]);
    const order = made.shape.map((_, a) => a < axis ? a : a === axis ? rank - 1 : a - 1);
    made = transposed({ type: x.type, shape: [...shape, out], data }, order);
  });
  if (!power) return [made];
  const root = zerosOf(x.type, made.shape);
  made.data.forEach((v, i) => root.data[i] = v ** (1 / power));
  return [withShape(root, [...made.shape])];
}

/** The places of maxima as ONNX counts them, over the whole array; and back. */
export function flatIndices(
  switches: OnnxArray,
  [height, width]: readonly [number, number],
  byColumns: boolean,
): OnnxArray {
  const to = zerosOf("int64", switches.shape), area = sizeOf(switches.shape.slice(2));
  switches.data.forEach((place, i) => {
    const row = Math.floor(place / width), column = place % width;
    const own = byColumns ? column * height + row : place;
    to.data[i] = Math.floor(i / area) * height * width + own;
  });
  return to;
}

/** The place in its own picture of each index over a whole array of pictures of so many pixels. */
export function ownPlaces(indices: OnnxArray, pixels: number): OnnxArray {
  const to = zerosOf("float32", indices.shape);
  indices.data.forEach((index, i) => to.data[i] = index % pixels);
  return to;
}
