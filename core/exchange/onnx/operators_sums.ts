/** Sums over axes, products of matrices, and what is made of them. */
import { indexArray, type OnnxArray, zerosOf } from "../../formats/onnx/array.ts";
import { sizeOf } from "../../tensor.ts";
import { gathered, stridesOf, transposed, withShape } from "./arrays.ts";
import { broadcastShape, broadcastTo } from "./operators_values.ts";
import type { Converter, Site } from "./site.ts";

/** Calls back with the values along these axes, for each place of the others in turn. */
function overAxes(
  x: OnnxArray,
  axes: readonly number[],
  visit: (values: Float32Array | Float64Array, place: number) => void,
): number[] {
  const rest = x.shape.map((_, i) => i).filter((axis) => !axes.includes(axis));
  const lying = transposed(x, [...rest, ...axes]),
    width = sizeOf(axes.map((axis) => x.shape[axis]));
  const kept = rest.map((axis) => x.shape[axis]);
  for (let i = 0; i < sizeOf(kept); i++) visit(lying.data.subarray(i * width, (i + 1) * width), i);
  return kept;
}

/** The axes a reduction is over, counted from the first. */
function reducedAxes(site: Site, x: OnnxArray): number[] | null {
  const given = site.listOr("axes", 1), rank = x.shape.length;
  if (!given?.length) {
    return site.number("noop_with_empty_axes", 0) ? null : x.shape.map((_, i) => i);
  }
  return given.map((axis) => site.axis(axis, rank));
}

const reduce = (
  start: number,
  step: (sum: number, x: number) => number,
  end: (sum: number, count: number) => number = (sum) => sum,
): Converter =>
(site) => {
  const x = site.array(0), axes = reducedAxes(site, x);
  if (!axes) return [x];
  const keep = site.number("keepdims", 1);
  const shape = x.shape.map((n, i) => axes.includes(i) ? 1 : n).filter((_, i) =>
    keep || !axes.includes(i)
  );
  const to = zerosOf(x.type, shape);
  overAxes(x, axes, (values, place) => {
    let sum = start;
    for (const value of values) sum = step(sum, value);
    to.data[place] = end(sum, values.length);
  });
  return [to];
};

const plus = (sum: number, x: number) => sum + x;
const squares = (sum: number, x: number) => sum + x * x;

const arg = (largest: boolean): Converter => (site) => {
  const x = site.array(0), axis = site.axis(site.number("axis", 0), x.shape.length);
  const last = site.number("select_last_index", 0), keep = site.number("keepdims", 1);
  const shape = keep ? x.shape.with(axis, 1) : x.shape.filter((_, i) => i !== axis);
  const to = zerosOf("int64", shape);
  overAxes(x, [axis], (values, place) => {
    let best = 0;
    values.forEach((value, i) => {
      const better = largest ? value > values[best] : value < values[best];
      if (better || last && value === values[best]) best = i;
    });
    to.data[place] = best;
  });
  return [to];
};

/** The product of matrices; what is in front of the last two axes is gone through side by side. */
function product(site: Site, a: OnnxArray, b: OnnxArray): OnnxArray {
  const left = a.shape.length === 1 ? withShape(a, [1, ...a.shape]) : a;
  const right = b.shape.length === 1 ? withShape(b, [...b.shape, 1]) : b;
  const [m, k] = left.shape.slice(-2), [inner, n] = right.shape.slice(-2);
  if (k !== inner) throw site.fail(`[${a.shape}] and [${b.shape}] have no product`);
  const front = broadcastShape(site, [left.shape.slice(0, -2), right.shape.slice(0, -2)]);
  const x = broadcastTo(left, [...front, m, k]).data, w = broadcastTo(right, [...front, k, n]).data;
  const to = zerosOf(a.type, [...front, m, n]);
  for (let batch = 0; batch < sizeOf(front); batch++) {
    for (let i = 0; i < m; i++) {
      for (let j = 0; j < n; j++) {
        let sum = 0;
        for (let at = 0; at < k; at++) {
          sum += x[(batch * m + i) * k + at] * w[(batch * k + at) * n + j];
        }
        to.data[(batch * m + i) * n + j] = sum;
      }
    }
  }
  const dropped = to.shape.filter((_, i) =>
    !(a.shape.length === 1 && i === front.length) &&
    !(b.shape.length === 1 && i === front.length + 1)
  );
  return withShape(to, dropped);
}

const gemm: Converter = (site) => {
  const turned = (i: number, name: string) =>
    site.number(name, 0) ? transposed(site.array(i), [1, 0]) : site.array(i);
  const y = product(site, turned(0, "transA"), turned(1, "transB"));
  const alpha = site.number("alpha", 1), beta = site.number("beta", 1);
  const c = site.has(2) ? broadcastTo(site.array(2), y.shape).data : null;
  y.data.forEach((value, i) => y.data[i] = alpha * value + (c ? beta * c[i] : 0));
  return [y];
};

const topK: Converter = (site) => {
  const x = site.array(0), k = site.listOr("k", 1)?.[0] ?? site.number("k", 1);
  const axis = site.axis(site.number("axis", -1), x.shape.length);
  const sign = site.number("largest", 1) ? -1 : 1, shape = x.shape.with(axis, k);
  if (!(k >= 0 && k <= x.shape[axis])) throw site.fail(`there are no ${k} of ${x.shape[axis]}`);
  const moved = [...shape.filter((_, i) => i !== axis), k];
  const values = zerosOf(x.type, moved), places = zerosOf("int64", moved);
  overAxes(x, [axis], (line, place) => {
    const order = Array.from(line, (_, i) => i).sort((a, b) => sign * (line[a] - line[b]) || a - b);
    order.slice(0, k).forEach((at, i) => {
      values.data[place * k + i] = line[at];
      places.data[place * k + i] = at;
    });
  });
  const back = shape.map((_, i) => i < axis ? i : i === axis ? shape.length - 1 : i - 1);
  return [transposed(values, back), transposed(places, back)];
};

const hardmax: Converter = (site) => {
  const x = site.array(0), axis = site.axis(site.number("axis", -1), x.shape.length);
  const strides = stridesOf(x.shape), to = zerosOf(x.type, x.shape);
  const rest = x.shape.map((_, i) => i).filter((i) => i !== axis);
  const starts = gathered(
    { type: "int64", shape: x.shape, data: Float64Array.from(x.data, (_, i) => i) },
    rest.map((i) => x.shape[i]),
    rest.map((i) => strides[i]),
  ).data;
  overAxes(x, [axis], (values, place) => {
    const best = values.indexOf(Math.max(...values));
    to.data[starts[place] + best * strides[axis]] = 1;
  });
  return [to];
};

/** Mean and inverse deviation over the last axes: what a LayerNormalization gives besides. */
export const layerStatistics: Converter = (site) => {
  const x = site.array(0), first = site.axis(site.number("axis", -1), x.shape.length);
  const axes = x.shape.map((_, i) => i).slice(first), epsilon = site.number("epsilon", 1e-5);
  const shape = x.shape.map((n, i) => i < first ? n : 1);
  const mean = zerosOf(x.type, shape), deviation = zerosOf(x.type, shape);
  overAxes(x, axes, (values, place) => {
    const all = [...values], mu = all.reduce(plus, 0) / all.length;
    const variance = all.reduce((sum, v) => sum + (v - mu) ** 2, 0) / all.length;
    mean.data[place] = mu;
    deviation.data[place] = 1 / Math.sqrt(variance + epsilon);
  });
  return [x, mean, deviation];
};

/** Values divided by a norm, or made to have mean 0 and variance 1, along axes. */
const scaledAlong = (
  axesOf: (site: Site, x: OnnxArray) => number[],
  scale: (values: number[], site: Site) => number[],
): Converter =>
(site) => {
  const x = site.array(0), axes = axesOf(site, x), rank = x.shape.length;
  const rest = x.shape.map((_, i) => i).filter((i) => !axes.includes(i)),
    order = [...rest, ...axes];
  const to = zerosOf(x.type, order.map((axis) => x.shape[axis]));
  const width = sizeOf(axes.map((axis) => x.shape[axis]));
  overAxes(x, axes, (values, place) => to.data.set(scale([...values], site), place * width));
  return [transposed(to, Array.from({ length: rank }, (_, axis) => order.indexOf(axis)))];
};

const lastAxis = (site: Site, x: OnnxArray) => [site.axis(site.number("axis", -1), x.shape.length)];

/** Operators that sum, search or multiply matrices. */
export const SUM_OPERATORS: Record<string, Converter> = {
  ReduceSum: reduce(0, plus),
  ReduceMean: reduce(0, plus, (sum, count) => sum / count),
  ReduceMax: reduce(-Infinity, Math.max),
  ReduceMin: reduce(Infinity, Math.min),
  ReduceProd: reduce(1, (product, x) => product * x),
  ReduceL1: reduce(0, (sum, x) => sum + Math.abs(x)),
  ReduceL2: reduce(0, squares, Math.sqrt),
  ReduceSumSquare: reduce(0, squares),
  ReduceLogSum: reduce(0, plus, Math.log),
  ReduceLogSumExp: reduce(0, (sum, x) => sum + Math.exp(x), Math.log),
  ArgMax: arg(true),
  ArgMin: arg(false),
  MatMul: (site) => [product(site, site.array(0), site.array(1))],
  Gemm: gemm,
  TopK: topK,
  Hardmax: hardmax,
  LpNormalization: scaledAlong(lastAxis, (values, site) => {
    const norm = site.number("p", 2) === 1
      ? values.reduce((sum, x) => sum + Math.abs(x), 0)
      : Math.sqrt(values.reduce(squares, 0));
    return values.map((x) => norm ? x / norm : 0);
  }),
  MeanVarianceNormalization: scaledAlong(
    (site) => site.list("axes") ?? [0, 2, 3],
    (values) => {
      const mean = values.reduce(plus, 0) / values.length;
      const variance = values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / values.length;
      return values.map((x) => (x - mean) / (Math.sqrt(variance) + 1e-9));
    },
  ),
  NonZero: (site) => {
    const x = site.array(0), strides = stridesOf(x.shape);
    const places = Array.from(x.data, (_, i) => i).filter((i) => x.data[i]);
    return [indexArray(
      strides.flatMap((step, axis) => places.map((i) => Math.floor(i / step) % x.shape[axis])),
      [x.shape.length, places.length],
    )];
  },
};
