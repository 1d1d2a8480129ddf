/** Losses and steps of optimizers as ONNX has them, over plain arrays. */
import { type OnnxArray, zerosOf } from "../../formats/onnx/array.ts";
import { sizeOf } from "../../tensor.ts";
import { withShape } from "./arrays.ts";
import { combined } from "./operators_values.ts";
import type { Converter, Site } from "./site.ts";

/** The weighted mean, the sum or all of −x at the target classes. */
function likelihood(site: Site, x: OnnxArray, weights: OnnxArray | null): OnnxArray {
  const target = site.array(1), [count, classes] = x.shape, inner = sizeOf(x.shape.slice(2));
  const ignored = site.number("ignore_index", NaN), losses = zerosOf(x.type, target.shape);
  let sum = 0, weight = 0;
  for (let n = 0; n < count; n++) {
    for (let i = 0; i < inner; i++) {
      const place = n * inner + i, wanted = target.data[place];
      if (wanted === ignored) continue;
      if (!(wanted >= 0 && wanted < classes)) throw site.fail(`there is no class ${wanted}`);
      const w = weights ? weights.data[wanted] : 1;
      const loss = -x.data[(n * classes + wanted) * inner + i] * w;
      losses.data[place] = loss;
      sum += loss;
      weight += w;
    }
  }
  const reduction = site.text("reduction", "mean");
  if (reduction === "none") return losses;
  const total = zerosOf(x.type, []);
  total.data[0] = reduction === "mean" ? sum / weight : sum;
  return total;
}

/** The logarithm of the softmax over axis 1. */
function logSoftmax(x: OnnxArray): OnnxArray {
  const [count, classes] = x.shape, inner = sizeOf(x.shape.slice(2)), to = zerosOf(x.type, x.shape);
  for (let n = 0; n < count; n++) {
    for (let i = 0; i < inner; i++) {
      const places = Array.from({ length: classes }, (_, c) => (n * classes + c) * inner + i);
      const most = Math.max(...places.map((place) => x.data[place]));
      const sum = places.reduce((total, place) => total + Math.exp(x.data[place] - most), 0);
      for (const place of places) to.data[place] = x.data[place] - most - Math.log(sum);
    }
  }
  return to;
}

/** Rate and step, and for each array that is trained what belongs to it, `kinds` arrays a piece. */
function trained(site: Site, kinds: number) {
  const [rate, step] = [site.array(0).data[0], site.array(1).data[0]];
  const count = (site.values.length - 2) / kinds;
  if (!Number.isInteger(count)) throw site.fail("its inputs do not come in equal numbers");
  const parts = Array.from(
    { length: count },
    (_, i) => Array.from({ length: kinds }, (_, k) => site.array(2 + k * count + i)),
  );
  return { rate, step, parts };
}

/** For each array what becomes of it and its state, the arrays first. */
const listed = (made: OnnxArray[][]) => made[0].flatMap((_, kind) => made.map((of) => of[kind]));

const adagrad: Converter = (site) => {
  const { rate, step, parts } = trained(site, 3);
  const r = rate / (1 + step * site.number("decay_factor", 0));
  const norm = site.number("norm_coefficient", 0), epsilon = site.number("epsilon", 1e-6);
  return listed(parts.map(([x, g, h]) => {
    const all = combined(site, [x, g], (x, g) => norm * x + g);
    const squares = combined(site, [h, all], (h, g) => h + g * g);
    const next = combined(
      site,
      [x, all, squares],
      (x, g, h) => x - r * g / (Math.sqrt(h) + epsilon),
    );
    return [next, squares];
  }));
};

const adam: Converter = (site) => {
  const { rate, step, parts } = trained(site, 4);
  const alpha = site.number("alpha", 0.9), beta = site.number("beta", 0.999);
  const norm = site.number("norm_coefficient", 0), post = site.number("norm_coefficient_post", 0);
  const epsilon = site.number("epsilon", 1e-6);
  const r = step > 0 ? rate * Math.sqrt(1 - beta ** step) / (1 - alpha ** step) : rate;
  return listed(parts.map(([x, g, v, h]) => {
    const all = combined(site, [x, g], (x, g) => norm * x + g);
    const mean = combined(site, [v, all], (v, g) => alpha * v + (1 - alpha) * g);
    const squares = combined(site, [h, all], (h, g) => beta * h + (1 - beta) * g * g);
    const next = combined(
      site,
      [x, mean, squares],
      (x, v, h) => (1 - post) * (x - r * v / (Math.sqrt(h) + epsilon)),
    );
    return [next, mean, squares];
  }));
};

const momentum: Converter = (site) => {
  const { rate, step, parts } = trained(site, 3);
  const alpha = site.number("alpha", 0), beta = step > 0 ? site.number("beta", 0) : 1;
  const norm = site.number("norm_coefficient", 0), nesterov = site.text("mode", "") === "nesterov";
  return listed(parts.map(([x, g, v]) => {
    const all = combined(site, [x, g], (x, g) => norm * x + g);
    const speed = combined(site, [v, all], (v, g) => alpha * v + beta * g);
    const next = combined(
      site,
      [x, all, speed],
      (x, g, v) => x - rate * (nesterov ? g + alpha * v : v),
    );
    return [next, speed];
  }));
};

/** Operators of training. */
export const TRAINING_OPERATORS: Record<string, Converter> = {
  NegativeLogLikelihoodLoss: (site) => {
    const x = site.array(0);
    return [likelihood(site, x, site.has(2) ? site.array(2) : null)];
  },
  SoftmaxCrossEntropyLoss: (site) => {
    const x = site.array(0), logarithms = logSoftmax(x);
    const shape = [x.shape[0], x.shape[1], ...x.shape.slice(2)];
    const weights = site.has(2) ? site.array(2) : null;
    return [likelihood(site, withShape(logarithms, shape), weights), logarithms];
  },
  Adagrad: adagrad,
  Adam: adam,
  Momentum: momentum,
};
