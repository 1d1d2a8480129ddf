/** First values of kernels that make pictures larger. */
import { DeconvError } from "./errors.ts";
import { type Shape, shapeText, sizeOf } from "./tensor.ts";

/**
 * Fills a parameter whose last axis holds b·b·channels values so that all values that `depthToSpace`
 * makes a block of are the same.
 *
 * @param make Gives the values for a last axis of `channels`.
 * @throws {DeconvError} When the last axis is no multiple of b·b.
 */
export function subKernels(
  out: Float32Array,
  shape: Shape,
  blockSize: number,
  order: "DCR" | "CRD",
  make: (shape: Shape) => Float32Array,
): void {
  const block = blockSize * blockSize, depth = shape[shape.length - 1] ?? 1;
  if (depth % block) {
    throw new DeconvError(
      `Cannot start a parameter of shape ${
        shapeText(shape)
      } as icnr: blockSize ${blockSize} needs a multiple of ${block} output channels`,
    );
  }
  const channels = depth / block, values = make([...shape.slice(0, -1), channels]);
  for (let row = 0; row < out.length / depth; row++) {
    for (let c = 0; c < depth; c++) {
      const from = order === "DCR" ? c % channels : Math.floor(c / block);
      out[row * depth + c] = values[row * channels + from];
    }
  }
}

/** A triangle over so many cells, 1 at its top: what linear interpolation makes of one value. */
function triangle(size: number): number[] {
  const half = Math.ceil(size / 2), middle = (size - 1) / 2;
  return Array.from({ length: size }, (_, i) => 1 - Math.abs(i - middle) / half);
}

/**
 * Fills the kernel `[kh, kw, filters/groups, channels]` (or `[k, …]`, of signals) of a transposed
 * convolution with as many filters as channels so that each channel becomes itself, interpolated.
 *
 * @param fanIn Inputs each output sums over, which tells the groups. Default: there is one.
 * @throws {DeconvError} When the shape is not such a kernel's.
 */
export function fillBilinear(out: Float32Array, shape: Shape, fanIn?: number): void {
  const taps = shape.slice(0, -2), [filters, channels] = shape.slice(-2);
  const groups = fanIn ? sizeOf(taps) * channels / fanIn : 1;
  if (!taps.length || filters * groups !== channels) {
    throw new DeconvError(
      `Cannot start a parameter of shape ${
        shapeText(shape)
      } as bilinear: it is for kernels of transposed convolutions with as many filters as channels`,
    );
  }
  const weights = taps.map(triangle).reduce(
    (outer, inner) => outer.flatMap((a) => inner.map((b) => a * b)),
    [1],
  );
  weights.forEach((weight, tap) => {
    for (let channel = 0; channel < channels; channel++) {
      out[(tap * filters + channel % filters) * channels + channel] = weight;
    }
  });
}
