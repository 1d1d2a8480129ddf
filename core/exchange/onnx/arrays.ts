/** Moving the numbers of arrays, row-major, about. */
import { type OnnxArray, zerosOf } from "../../formats/onnx/array.ts";
import { sizeOf, type Tensor } from "../../tensor.ts";

/** Steps between neighbours along each axis. */
export function stridesOf(shape: readonly number[]): number[] {
  const strides: number[] = Array.from({ length: shape.length }, () => 1);
  for (let i = shape.length - 2; i >= 0; i--) strides[i] = strides[i + 1] * shape[i + 1];
  return strides;
}

/** Reads an array along other steps: number of `shape` at `offset` + indices · `strides`. */
export function gathered(
  from: OnnxArray,
  shape: readonly number[],
  strides: readonly number[],
  offset = 0,
): OnnxArray {
  if (!from.data.length && sizeOf(from.shape)) return { ...from, shape }; // an outline's weights
  const to = zerosOf(from.type, shape), { data } = to, size = sizeOf(shape);
  const index = shape.map(() => 0);
  let place = offset;
  for (let i = 0; i < size; i++) {
    data[i] = from.data[place];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      place += strides[axis];
      if (++index[axis] < shape[axis]) break;
      place -= strides[axis] * shape[axis];
      index[axis] = 0;
    }
  }
  return to;
}

/** An array with its axes in another order. */
export function transposed(from: OnnxArray, order: readonly number[]): OnnxArray {
  const strides = stridesOf(from.shape);
  return gathered(from, order.map((axis) => from.shape[axis]), order.map((axis) => strides[axis]));
}

/** The same numbers in another shape. */
export function withShape(from: OnnxArray, shape: readonly number[]): OnnxArray {
  return { ...from, shape };
}

/** Steps that read an array as one of a larger shape, its axes of size 1 standing still. */
export function broadcastStrides(from: readonly number[], shape: readonly number[]): number[] {
  const strides = stridesOf(from), shift = shape.length - from.length;
  return shape.map((_, i) => i < shift || from[i - shift] === 1 ? 0 : strides[i - shift]);
}

/** An array as a tensor of float32. */
export function tensorOf({ shape, data }: OnnxArray): Tensor {
  return { shape, data: Float32Array.from(data) };
}
