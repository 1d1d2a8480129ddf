/** Operators on pictures that no layer computes. */
import { type OnnxArray, zerosOf } from "../../formats/onnx/array.ts";
import { sizeOf } from "../../tensor.ts";
import { resizeOf } from "./convert_resize.ts";
import { resizeTaps } from "./resize_axes.ts";
import type { Converter } from "./site.ts";

/** An array with one axis made anew. */
function alongAxis(
  x: OnnxArray,
  axis: number,
  out: number,
  valueAt: (read: (place: number) => number, i: number) => number,
): OnnxArray {
  const to = zerosOf(x.type, x.shape.with(axis, out)), size = x.shape[axis];
  const inner = sizeOf(x.shape.slice(axis + 1)), lines = sizeOf(x.shape.slice(0, axis));
  for (let line = 0; line < lines; line++) {
    for (let k = 0; k < inner; k++) {
      const read = (place: number) => x.data[(line * size + place) * inner + k];
      for (let i = 0; i < out; i++) to.data[(line * out + i) * inner + k] = valueAt(read, i);
    }
  }
  return to;
}

const resize: Converter = (site) => {
  const x = site.array(0), { axes, options } = resizeOf(site, x.shape);
  const crops = options.transform === "tf_crop_and_resize";
  let made: OnnxArray = { ...x, type: "float64", data: Float64Array.from(x.data) };
  const outside: (readonly boolean[])[] = [];
  axes.forEach((axis, i) => {
    const changes = axis.size !== axis.out || axis.scale !== 1 || crops;
    const taps = changes ? resizeTaps(axis, options) : null;
    outside.push(Array.from({ length: axis.out }, (_, k) => !!taps && !taps[k]));
    if (!taps) return;
    made = alongAxis(
      made,
      i,
      axis.out,
      (read, k) => (taps[k] ?? []).reduce((sum, [at, weight]) => sum + weight * read(at), 0),
    );
  });
  const to = zerosOf(x.type, made.shape);
  to.data.set(made.data);
  if (crops) {
    // Whatever any axis finds outside of the picture.
    axes.forEach((axis, i) => {
      const inner = sizeOf(to.shape.slice(i + 1));
      to.data.forEach((_, at) => {
        if (outside[i][Math.floor(at / inner) % axis.out]) to.data[at] = options.outside;
      });
    });
  }
  return [to];
};

/** Adds up what columns hold of pictures: [N, C·taps, places] to [N, C, …]. */
const columns: Converter = (site) => {
  const x = site.array(0), shape = site.numbers(1)!, block = site.numbers(2)!;
  const rank = shape.length, ones = shape.map(() => 1);
  const strides = site.list("strides") ?? ones, dilations = site.list("dilations") ?? ones;
  const pads = site.list("pads") ?? [...shape, ...shape].map(() => 0);
  const taps = sizeOf(block), channels = x.shape[1] / taps, places = x.shape[2];
  const steps = shape.map((size, i) =>
    Math.floor((size + pads[i] + pads[i + rank] - (block[i] - 1) * dilations[i] - 1) / strides[i]) +
    1
  );
  if (sizeOf(steps) !== places || !Number.isInteger(channels)) {
    throw site.fail("its sizes do not fit");
  }
  const to = zerosOf(x.type, [x.shape[0], channels, ...shape]), pixels = sizeOf(shape);
  const digits = (n: number, sizes: readonly number[]) =>
    sizes.map((size, i) => Math.floor(n / sizeOf(sizes.slice(i + 1))) % size);
  for (let tap = 0; tap < taps; tap++) {
    const offset = digits(tap, block);
    for (let step = 0; step < places; step++) {
      const at = digits(step, steps).map((s, i) =>
        s * strides[i] + offset[i] * dilations[i] - pads[i]
      );
      if (at.some((p, i) => p < 0 || p >= shape[i])) continue;
      const pixel = at.reduce((sum, p, i) => sum * shape[i] + p, 0);
      for (let n = 0; n < x.shape[0] * channels; n++) {
        to.data[n * pixels + pixel] += x.data[(n * taps + tap) * places + step];
      }
    }
  }
  return [to];
};

/** Operators on pictures. */
export const PICTURE_OPERATORS: Record<string, Converter> = {
  Resize: resize,
  Upsample: resize,
  Col2Im: columns,
};
