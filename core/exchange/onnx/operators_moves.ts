/** Moving values of arrays about: shapes, parts, copies. */
import { expectSmall, indexArray, type OnnxArray, zerosOf } from "../../formats/onnx/array.ts";
import { sizeOf } from "../../tensor.ts";
import { gathered, stridesOf, transposed, withShape } from "./arrays.ts";
import { naturalOrder } from "./flow.ts";
import { broadcastShape, broadcastTo } from "./operators_values.ts";
import type { Converter, Site } from "./site.ts";

const reshape: Converter = (site) => {
  const x = site.array(0), size = sizeOf(x.shape), given = site.listOr("shape", 1) ?? [];
  const keep = !site.number("allowzero", 0);
  const known = given.map((n, i) => n === 0 && keep ? x.shape[i] ?? 0 : n),
    free = known.indexOf(-1);
  const shape = free < 0
    ? known
    : known.with(free, size / sizeOf(known.filter((_, i) => i !== free)));
  if (sizeOf(shape) !== size || !shape.every((n) => Number.isInteger(n) && n >= 0)) {
    throw site.fail(`[${x.shape}] cannot take the shape [${given}]`);
  }
  return [withShape(x, shape)];
};

const flatten: Converter = (site) => {
  const x = site.array(0), given = site.number("axis", 1);
  const axis = given < 0 ? given + x.shape.length : given;
  return [withShape(x, [sizeOf(x.shape.slice(0, axis)), sizeOf(x.shape.slice(axis))])];
};

const squeeze: Converter = (site) => {
  const x = site.array(0), rank = x.shape.length;
  const axes = site.listOr("axes", 1)?.map((axis) => site.axis(axis, rank)) ??
    naturalOrder(rank).filter((axis) => x.shape[axis] === 1);
  if (axes.some((axis) => x.shape[axis] !== 1)) {
    throw site.fail("it drops axes that are not of size 1");
  }
  return [withShape(x, x.shape.filter((_, axis) => !axes.includes(axis)))];
};

const unsqueeze: Converter = (site) => {
  const x = site.array(0), given = site.listOr("axes", 1) ?? [];
  const rank = x.shape.length + given.length, axes = given.map((axis) => site.axis(axis, rank));
  const sizes = [...x.shape];
  return [withShape(x, naturalOrder(rank).map((axis) => axes.includes(axis) ? 1 : sizes.shift()!))];
};

const transpose: Converter = (site) => {
  const x = site.array(0), rank = x.shape.length;
  const perm = site.list("perm") ?? naturalOrder(rank).reverse();
  if (perm.length !== rank || !naturalOrder(rank).every((axis) => perm.includes(axis))) {
    throw site.fail(`perm [${perm}] is no order of ${rank} axes`);
  }
  return [transposed(x, perm)];
};

const slice: Converter = (site) => {
  const x = site.array(0), rank = x.shape.length;
  const starts = site.listOr("starts", 1) ?? [], ends = site.listOr("ends", 2) ?? [];
  const axes = site.listOr("axes", 3)?.map((axis) => site.axis(axis, rank)) ??
    naturalOrder(starts.length);
  const steps = site.numbers(4) ?? starts.map(() => 1);
  const strides = stridesOf(x.shape), shape = [...x.shape];
  let offset = 0;
  axes.forEach((axis, i) => {
    const size = x.shape[axis],
      step = steps[i],
      [low, high] = step > 0 ? [0, size] : [-1, size - 1];
    if (!step) throw site.fail("its step is 0");
    const at = (n: number, least: number) => Math.min(Math.max(n < 0 ? n + size : n, least), high);
    const start = at(starts[i], step > 0 ? low : 0), end = at(ends[i], low);
    shape[axis] = Math.max(Math.ceil((end - start) / step), 0);
    offset += start * strides[axis];
    strides[axis] *= step;
  });
  return [gathered(x, shape, strides, offset)];
};

/** Arrays one after the other along an axis. */
function joined(site: Site, arrays: readonly OnnxArray[], axis: number): OnnxArray {
  const [first] = arrays, rest = (shape: readonly number[]) => shape.filter((_, i) => i !== axis);
  if (arrays.some(({ shape }) => rest(shape).join() !== rest(first.shape).join())) {
    throw site.fail("its inputs differ in other axes than the one they are joined along");
  }
  const total = arrays.reduce((sum, { shape }) => sum + shape[axis], 0);
  const to = zerosOf(first.type, first.shape.with(axis, total));
  const inner = sizeOf(first.shape.slice(axis + 1)), lines = sizeOf(first.shape.slice(0, axis));
  let at = 0;
  for (const { data, shape } of arrays) {
    const own = shape[axis] * inner;
    for (let line = 0; line < lines; line++) {
      to.data.set(data.subarray(line * own, (line + 1) * own), line * total * inner + at);
    }
    at += own;
  }
  return to;
}

const split: Converter = (site) => {
  const x = site.array(0), axis = site.axis(site.number("axis", 0), x.shape.length);
  const size = x.shape[axis], count = site.number("num_outputs", site.node.outputs.length);
  const part = Math.ceil(size / count), strides = stridesOf(x.shape);
  const parts = site.listOr("split", 1) ??
    naturalOrder(count).map((i) => Math.min(part, size - i * part));
  if (parts.reduce((sum, n) => sum + n, 0) !== size) throw site.fail("its parts are not the whole");
  let from = 0;
  return parts.map((length) => {
    const piece = gathered(x, x.shape.with(axis, length), strides, from * strides[axis]);
    from += length;
    return piece;
  });
};

/** Where each place of a padded axis takes its value; −1 for none. */
function padPlace(i: number, size: number, mode: string): number {
  if (i >= 0 && i < size) return i;
  if (mode === "edge") return i < 0 ? 0 : size - 1;
  if (mode === "wrap") return (i % size + size) % size;
  if (mode !== "reflect" || size < 2) return -1;
  const period = 2 * (size - 1), at = (i % period + period) % period;
  return at < size ? at : period - at;
}

/** An array with places of each axis chosen; −1 stands for `fill`. */
function picked(x: OnnxArray, places: readonly (readonly number[])[], fill: number): OnnxArray {
  const to = zerosOf(x.type, places.map((list) => list.length)), strides = stridesOf(x.shape);
  let at = 0;
  const walk = (axis: number, offset: number) => {
    if (axis === places.length) {
      to.data[at++] = offset < 0 ? fill : x.data[offset];
      return;
    }
    for (const place of places[axis]) {
      walk(axis + 1, offset < 0 || place < 0 ? -1 : offset + place * strides[axis]);
    }
  };
  walk(0, 0);
  return to;
}

const pad: Converter = (site) => {
  const x = site.array(0), rank = x.shape.length, given = site.listOr("pads", 1) ?? [];
  const axes = site.numbers(3)?.map((axis) => site.axis(axis, rank)) ?? naturalOrder(rank);
  if (given.length !== 2 * axes.length) throw site.fail("pads must be two numbers for each axis");
  const mode = site.text("mode", "constant");
  const fill = site.has(2) ? site.array(2).data[0] ?? 0 : site.number("value", 0);
  const side = (axis: number, from: number) =>
    axes.includes(axis) ? given[from + axes.indexOf(axis)] : 0;
  const places = x.shape.map((size, axis) => {
    const begin = side(axis, 0), total = size + begin + side(axis, axes.length);
    expectSmall([total]);
    return Array.from({ length: total }, (_, i) => padPlace(i - begin, size, mode));
  });
  expectSmall(places.map((list) => list.length));
  return [picked(x, places, fill)];
};

const centerCropPad: Converter = (site) => {
  const x = site.array(0), rank = x.shape.length, wanted = site.numbers(1)!;
  const axes = site.list("axes")?.map((axis) => site.axis(axis, rank)) ?? naturalOrder(rank);
  expectSmall(wanted);
  const places = x.shape.map((size, axis) => {
    const out = axes.includes(axis) ? wanted[axes.indexOf(axis)] : size;
    const shift = out > size ? -Math.floor((out - size) / 2) : Math.floor((size - out) / 2);
    return Array.from({ length: out }, (_, i) => padPlace(i + shift, size, "constant"));
  });
  return [picked(x, places, 0)];
};

const gather: Converter = (site) => {
  const x = site.array(0),
    at = site.array(1),
    axis = site.axis(site.number("axis", 0), x.shape.length);
  const size = x.shape[axis], inner = sizeOf(x.shape.slice(axis + 1)), count = at.data.length;
  const to = zerosOf(x.type, [...x.shape.slice(0, axis), ...at.shape, ...x.shape.slice(axis + 1)]);
  for (let line = 0; line < sizeOf(x.shape.slice(0, axis)); line++) {
    at.data.forEach((place, i) => {
      const from = (line * size + site.axis(place, size)) * inner;
      to.data.set(x.data.subarray(from, from + inner), (line * count + i) * inner);
    });
  }
  return [to];
};

const gatherElements: Converter = (site) => {
  const x = site.array(0),
    at = site.array(1),
    axis = site.axis(site.number("axis", 0), x.shape.length);
  const to = zerosOf(x.type, at.shape), strides = stridesOf(x.shape), own = stridesOf(at.shape);
  at.data.forEach((place, i) => {
    let from = 0, rest = i;
    at.shape.forEach((_, k) => {
      const index = Math.floor(rest / own[k]);
      rest -= index * own[k];
      from += (k === axis ? site.axis(place, x.shape[axis]) : index) * strides[k];
    });
    to.data[i] = x.data[from];
  });
  return [to];
};

const tile: Converter = (site) => {
  const x = site.array(0), repeats = site.numbers(1)!;
  expectSmall(x.shape.map((size, i) => size * repeats[i]));
  const places = x.shape.map((size, i) =>
    Array.from({ length: size * repeats[i] }, (_, k) => k % size)
  );
  return [picked(x, places, 0)];
};

const constantOfShape: Converter = (site) => {
  const shape = site.numbers(0)!, value = site.node.attributes.get("value");
  const array = typeof value === "object" && "data" in value ? value as OnnxArray : null;
  expectSmall(shape);
  const to = zerosOf(array?.type ?? "float32", shape);
  to.data.fill(array?.data[0] ?? 0);
  return [to];
};

const constant: Converter = (site) => {
  const { attributes } = site.node, array = attributes.get("value");
  if (typeof array === "object" && "data" in array) return [array as OnnxArray];
  const one = attributes.get("value_float") ?? attributes.get("value_int");
  const many = attributes.get("value_floats") ?? attributes.get("value_ints");
  const type = attributes.has("value_float") || attributes.has("value_floats")
    ? "float32"
    : "int64";
  const values = typeof one === "number" ? [one] : many as readonly number[] | undefined;
  if (!values?.every((v) => typeof v === "number")) throw site.fail("it has no numbers");
  const to = zerosOf(type, one === undefined ? [values.length] : []);
  to.data.set(values);
  return [to];
};

const range: Converter = (site) => {
  const [start, limit, step] = [0, 1, 2].map((i) => site.array(i).data[0]);
  const count = Math.max(Math.ceil((limit - start) / step), 0);
  expectSmall([count]);
  const to = zerosOf(site.array(0).type, [count]);
  to.data.forEach((_, i) => to.data[i] = start + i * step);
  return [to];
};

const oneHot: Converter = (site) => {
  const at = site.array(0), depth = site.array(1).data[0], [off, on] = site.array(2).data;
  const axis = site.axis(site.number("axis", -1), at.shape.length + 1);
  const shape = at.shape.toSpliced(axis, 0, depth);
  expectSmall(shape);
  const to = zerosOf(site.array(2).type, shape);
  const inner = sizeOf(at.shape.slice(axis));
  to.data.fill(off);
  at.data.forEach((place, i) => {
    if (place < -depth || place >= depth) return;
    const row = Math.floor(i / inner), wrapped = place < 0 ? place + depth : place;
    to.data[(row * depth + wrapped) * inner + i % inner] = on;
  });
  return [to];
};

/** Operators that move values. */
export const MOVE_OPERATORS: Record<string, Converter> = {
  Reshape: reshape,
  Flatten: flatten,
  Squeeze: squeeze,
  Unsqueeze: unsqueeze,
  Transpose: transpose,
  Slice: slice,
  Split: split,
  Pad: pad,
  CenterCropPad: centerCropPad,
  Gather: gather,
  GatherElements: gatherElements,
  Tile: tile,
  Constant: constant,
  ConstantOfShape: constantOfShape,
  Range: range,
  OneHot: oneHot,
  Concat: (site) => {
    const arrays = site.values.map((_, i) => site.array(i));
    return [joined(site, arrays, site.axis(site.number("axis", 1), arrays[0].shape.length))];
  },
  Expand: (site) => {
    const x = site.array(0), shape = broadcastShape(site, [x.shape, site.numbers(1)!]);
    expectSmall(shape);
    return [broadcastTo(x, shape)];
  },
  Shape: (site) => {
    const { shape } = site.array(0), end = site.number("end", shape.length);
    return [indexArray(shape.slice(site.number("start", 0), end))];
  },
};
