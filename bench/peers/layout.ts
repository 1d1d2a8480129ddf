import type { LayerDescription, PictureShape } from "./description.ts";

/** Permutes the axes of an array: axis `i` of the result is axis `order[i]` of the source. */
export function permute(
  data: Float32Array,
  shape: readonly number[],
  order: readonly number[],
): Float32Array<ArrayBuffer> {
  const strides = shape.map((_, i) => shape.slice(i + 1).reduce((a, b) => a * b, 1));
  const out = new Float32Array(data.length);
  let at = 0;
  const walk = (axis: number, from: number) => {
    if (axis === order.length) {
      out[at++] = data[from];
      return;
    }
    const step = strides[order[axis]];
    for (let i = 0; i < shape[order[axis]]; i++) walk(axis + 1, from + i * step);
  };
  walk(0, 0);
  return out;
}

/** Pictures with channels last as pictures with channels first. */
export function channelsFirst(data: Float32Array, [h, w, c]: PictureShape) {
  return permute(data, [data.length / (h * w * c), h, w, c], [0, 3, 1, 2]);
}

/** Pictures with channels first, of this shape, as pictures with channels last. */
export function channelsLast(data: Float32Array, [h, w, c]: PictureShape) {
  return permute(data, [data.length / (h * w * c), c, h, w], [0, 2, 3, 1]);
}

/**
 * A kernel as ONNX and PyTorch have it: `[outputs, inputs, height, width]`, of a transposed convolution
 * `[inputs, outputs, height, width]`.
 */
export function kernelFirst(weights: Float32Array, { kernel, kernelAt }: LayerDescription) {
  const [height, width, last, first] = kernel;
  const data = weights.subarray(kernelAt, kernelAt + height * width * last * first);
  return { shape: [first, last, height, width], data: permute(data, kernel, [3, 2, 0, 1]) };
}

/** A layer's bias. */
export function biasOf(weights: Float32Array, { output, biasAt }: LayerDescription) {
  return weights.slice(biasAt, biasAt + output[2]);
}
