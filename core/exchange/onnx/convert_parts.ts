/** What reads parts, joins them, adds borders or repeats, as layers. */
import type { Symbolic } from "../../layer.ts";
import { concatenate } from "../../layers/concatenate.ts";
import { cropping2d } from "../../layers/cropping2d.ts";
import { embedding } from "../../layers/embedding.ts";
import { maxPool2d } from "../../layers/pool2d.ts";
import { reflectionPadding2d } from "../../layers/reflection_padding2d.ts";
import { upsampling2d } from "../../layers/upsampling.ts";
import { zeroPadding2d } from "../../layers/zero_padding2d.ts";
import { tensorOf } from "./arrays.ts";
import { alike, fixed } from "./convert_arithmetic.ts";
import { squeezed } from "./convert_shape.ts";
import {
  type Flow,
  flowOf,
  inOrder,
  natural,
  naturalOrder,
  onnxShape,
  overPlane,
  rankOf,
} from "./flow.ts";
import { type Converter, isFlow, type Site } from "./site.ts";

type FourSides = [number, number, number, number];
type Mode = "constant" | "reflect" | "edge" | "wrap";

/** Calls back for the axes that are chosen, two at a time, laid as rows and columns; −1 is no axis. */
function alongAxes(
  flow: Flow,
  chosen: readonly number[],
  apply: (picture: Symbolic, axes: readonly [number, number]) => Symbolic,
): Flow {
  let made = flow;
  for (let i = 0; i < chosen.length; i += 2) {
    const axes = chosen.slice(i, i + 2), own = (axis: number) => axes.includes(axis) ? axis : -1;
    made = overPlane(
      made,
      axes,
      (picture, [rows, columns]) => apply(picture, [own(rows), own(columns)]),
    );
  }
  return inOrder(made, flow.order);
}

/** Rows and columns of a picture: `[top, left, bottom, right]` are left out. */
function cropped(site: Site, picture: Symbolic, sides: FourSides): Symbolic {
  if (!sides.some(Boolean)) return picture;
  return site.apply(site.make(() => cropping2d({ cropping: sides })), picture);
}

/** A picture continued along one of its axes by its outermost pixels, or by those at its other end. */
function continued(
  site: Site,
  picture: Symbolic,
  axis: 0 | 1,
  [before, behind]: readonly [number, number],
  mode: "edge" | "wrap",
): Symbolic {
  const size = picture.shape[axis];
  /** A part from a place on. */
  const part = (from: number, length: number) => {
    const sides: FourSides = [0, 0, 0, 0];
    sides[axis] = from, sides[axis + 2] = size - from - length;
    return cropped(site, picture, sides);
  };
  const repeated = (from: number, times: number) => {
    const size: [number, number] = axis ? [1, times] : [times, 1];
    return site.apply(upsampling2d({ size }), part(from, 1));
  };
  if (mode === "wrap" && Math.max(before, behind) > size) {
    throw site.fail("it goes round more than once");
  }
  const front = mode === "edge" ? () => repeated(0, before) : () => part(size - before, before);
  const back = mode === "edge" ? () => repeated(size - 1, behind) : () => part(0, behind);
  const parts = [...before ? [front()] : [], picture, ...behind ? [back()] : []];
  return parts.length > 1 ? site.apply(concatenate({ axis: axis + 1 }), parts) : picture;
}

/** What is added to or, below 0, taken from both ends of each axis. */
function bordered(
  site: Site,
  flow: Flow,
  begin: readonly number[],
  end: readonly number[],
  mode: Mode = "constant",
): Flow {
  if (begin[0] || end[0]) throw site.fail("it changes the batch");
  const changed = naturalOrder(begin.length).filter((axis) => begin[axis] || end[axis]);
  return alongAxes(flow, changed, (picture, axes) => {
    const at = (list: readonly number[]) => axes.map((axis) => axis < 0 ? 0 : list[axis]);
    const sides = [...at(begin), ...at(end)];
    const y = cropped(site, picture, sides.map((n) => Math.max(-n, 0)) as FourSides);
    const more = sides.map((n) => Math.max(n, 0)) as FourSides, [top, left, bottom, right] = more;
    if (!more.some(Boolean)) return y;
    if (mode === "edge" || mode === "wrap") {
      const rows = continued(site, y, 0, [top, bottom], mode);
      return continued(site, rows, 1, [left, right], mode);
    }
    const pad = mode === "reflect" ? reflectionPadding2d : zeroPadding2d;
    return site.apply(site.make(() => pad({ padding: more })), y);
  });
}

const MODES: readonly string[] = ["constant", "reflect", "edge", "wrap"];

const pad: Converter = (site) => {
  const flow = site.flow(0), rank = rankOf(flow), mode = site.text("mode", "constant");
  const given = site.listOr("pads", 1) ?? [];
  const axes = site.numbers(3)?.map((axis) => site.axis(axis, rank)) ?? naturalOrder(rank);
  if (given.length !== 2 * axes.length) throw site.fail("pads must be two numbers for each axis");
  const value = site.has(2) ? site.array(2).data[0] ?? 0 : site.number("value", 0);
  if (!MODES.includes(mode) || mode === "constant" && !Number.isFinite(value)) {
    throw site.fail(`there is no layer that pads with ${mode === "constant" ? value : mode}`);
  }
  const side = (from: number) =>
    naturalOrder(rank).map((axis) => axes.includes(axis) ? given[from + axes.indexOf(axis)] : 0);
  const [begin, end] = [side(0), side(axes.length)];
  if (mode !== "constant" || value === 0) {
    return [bordered(site, flow, begin, end, mode as Mode)];
  }
  // Zeros about what is less by the value.
  return [fixed(site, bordered(site, fixed(site, flow, 1, -value), begin, end), 1, value)];
};

/** Every so manieth place of axes. */
function thinned(site: Site, flow: Flow, steps: ReadonlyMap<number, number>): Flow {
  return alongAxes(flow, [...steps.keys()], (picture, axes) => {
    const strides = axes.map((axis) => steps.get(axis) ?? 1) as [number, number];
    return site.apply(maxPool2d({ poolSize: 1, strides }), picture);
  });
}

const slice: Converter = (site) => {
  const flow = site.flow(0), rank = rankOf(flow), sizes = [0, ...onnxShape(flow)];
  const starts = site.listOr("starts", 1) ?? [], ends = site.listOr("ends", 2) ?? [];
  const axes = site.listOr("axes", 3)?.map((axis) => site.axis(axis, rank)) ??
    starts.map((_, i) => i);
  const steps = site.numbers(4) ?? starts.map(() => 1), wide = new Map<number, number>();
  if (steps.some((step) => step < 1)) throw site.fail("there is no layer that turns an axis round");
  const begin = sizes.map(() => 0), end = sizes.map(() => 0), { batch } = site.context;
  axes.forEach((axis, i) => {
    const size = sizes[axis], at = (n: number) => Math.min(Math.max(n < 0 ? n + size : n, 0), size);
    if (axis === 0) {
      const whole = ends[i] >= (batch ?? 2 ** 31 - 1);
      if (starts[i] === 0 && whole && steps[i] === 1) return;
      throw site.fail("it takes a part of the batch");
    }
    begin[axis] = -at(starts[i]);
    end[axis] = at(ends[i]) - size;
    if (steps[i] > 1) wide.set(axis, steps[i]);
  });
  return [thinned(site, bordered(site, flow, begin, end), wide)];
};

/** Neighbouring places of an axis. */
function places(site: Site, flow: Flow, axis: number, from: number, length: number): Flow {
  const rank = rankOf(flow), size = onnxShape(flow)[axis - 1];
  const along = (n: number) => naturalOrder(rank).map((other) => other === axis ? n : 0);
  return bordered(site, flow, along(-from), along(from + length - size));
}

const split: Converter = (site) => {
  const flow = site.flow(0), rank = rankOf(flow), axis = site.axis(site.number("axis", 0), rank);
  if (axis === 0) throw site.fail("it takes the batch apart");
  const size = onnxShape(flow)[axis - 1];
  const count = site.number("num_outputs", site.node.outputs.length),
    part = Math.ceil(size / count);
  const parts = site.listOr("split", 1) ??
    Array.from({ length: count }, (_, i) => Math.min(part, size - i * part));
  if (parts.reduce((sum, n) => sum + n, 0) !== size) throw site.fail("its parts are not the whole");
  let from = 0;
  return parts.map((length) => {
    from += length;
    return places(site, flow, axis, from - length, length);
  });
};

const concat: Converter = (site) => {
  const flows = alike(site, site.values.map((_, i) => site.flow(i))), [{ order }] = flows;
  const axis = order.indexOf(site.axis(site.number("axis", 1), order.length));
  if (axis === 0) throw site.fail("it joins batches");
  if (flows.length === 1) return [flows[0]];
  return [
    flowOf(site.apply(site.make(() => concatenate({ axis })), flows.map((f) => f.symbol)), order),
  ];
};

/** Rows of a constant table, numbered by what layers make. */
function rowsOfTable(site: Site): Flow {
  const table = site.array(0), numbers = site.raw(1);
  if (table.shape.length !== 2 || site.number("axis", 0)) {
    throw site.fail("there is a layer for rows of a table only");
  }
  const [inputDim, outputDim] = table.shape, { symbol } = natural(numbers);
  const made = site.apply(site.make(() => embedding({ inputDim, outputDim })), symbol, {
    embeddings: tensorOf(table),
  });
  return flowOf(made, naturalOrder(rankOf(numbers) + 1));
}

const gather: Converter = (site) => {
  if (!isFlow(site.values[0]!)) return [rowsOfTable(site)];
  const flow = site.flow(0), axis = site.axis(site.number("axis", 0), rankOf(flow));
  if (axis === 0) throw site.fail("it takes a part of the batch");
  const { data, shape } = site.array(1), size = onnxShape(flow)[axis - 1];
  const [first, ...others] = Array.from(data, (place) => site.axis(place, size));
  if (shape.length > 1 || first === undefined || others.some((at, i) => at !== first + i + 1)) {
    throw site.fail("there is a layer for neighbouring places of an axis only");
  }
  const part = places(site, flow, axis, first, others.length + 1);
  return [shape.length ? part : squeezed(site, part, [axis])];
};

const expand: Converter = (site) => {
  const flow = site.flow(0), rank = rankOf(flow), sizes = [1, ...onnxShape(flow)];
  const given = site.numbers(1) ?? [], missing = rank - given.length;
  const wanted = sizes.map((n, axis) => axis < missing ? n : given[axis - missing]);
  const [batch] = wanted,
    fits = wanted.every((n, axis) =>
      !axis || n === 1 || n === sizes[axis] ||
      sizes[axis] === 1 && n > 1
    );
  if (missing < 0 || !fits || ![1, -1, site.context.batch].includes(batch)) {
    throw site.fail(
      `the shape [${given}] does not go together with one example of [${sizes.slice(1)}]`,
    );
  }
  const grown = naturalOrder(rank).filter((axis) => axis && wanted[axis] > sizes[axis]);
  return [alongAxes(flow, grown, (picture, axes) => {
    const size = axes.map((axis) => axis < 0 ? 1 : wanted[axis]) as [number, number];
    return site.apply(site.make(() => upsampling2d({ size })), picture);
  })];
};

/** What reads parts, joins them, adds borders or repeats. */
export const PART_CONVERTERS: Record<string, Converter> = {
  Pad: pad,
  Slice: slice,
  Split: split,
  Concat: concat,
  Gather: gather,
  Expand: expand,
};
