/** Functions of each value, softmax and dropout, as layers. */
import { isFloatCode } from "../../formats/onnx/array.ts";
import { type Activation, activation as activationLayer } from "../../layers/activation.ts";
import { dropout as dropoutLayer } from "../../layers/dropout.ts";
import { multiply } from "../../layers/multiply.ts";
import { prelu as preluLayer } from "../../layers/prelu.ts";
import { transposed, withShape } from "./arrays.ts";
import { fixed } from "./convert_arithmetic.ts";
import {
  type Flow,
  flowOf,
  inOrder,
  natural,
  naturalOrder,
  rankOf,
  reshaped,
  settled,
} from "./flow.ts";
import type { Converter, Site } from "./site.ts";

/** An activation of each value, wherever it lies. */
function each(site: Site, kind: Activation): Flow {
  const { symbol, order, flat } = site.raw(0);
  return { symbol: site.apply(site.make(() => activationLayer(kind)), symbol), order, flat };
}

const simple = (kind: Activation): Converter => (site) => [each(site, kind)];

const near = (a: number, b: number) => Math.abs(a - b) < 1e-5;

/** x · f(x). */
const gated = (make: (site: Site) => Flow): Converter => (site) => {
  const gate = make(site);
  return [{ ...gate, symbol: site.apply(multiply(), [site.raw(0).symbol, gate.symbol]) }];
};

const softmax = (kind: "softmax" | "log_softmax"): Converter => (site) => {
  const flow = site.flow(0), rank = rankOf(flow), old = site.context.opset < 13;
  const axis = site.axis(site.number("axis", old ? 1 : -1), rank);
  if (axis === 0) throw site.fail("there is no layer for a softmax over the batch");
  const layer = activationLayer(kind);
  if (old && axis < rank - 1) {
    // Over all axes from this one on, as if they were one.
    const { symbol, order } = natural(flow), { shape } = symbol;
    const front = shape.slice(0, axis - 1);
    const made = site.apply(layer, reshaped(symbol, [...front, -1]));
    return [flowOf(reshaped(made, shape), order)];
  }
  const others = flow.order.filter((other) => other !== axis);
  const x = inOrder(flow, flow.order[rank - 1] === axis ? flow.order : [...others, axis]);
  return [inOrder(flowOf(site.apply(layer, x.symbol), x.order), flow.order)];
};

const prelu: Converter = (site) => {
  const x = site.flow(0), rank = rankOf(x), slope = site.array(1);
  const oneEach = slope.shape.length === 1 && rank > 2 && slope.shape[0] > 1 &&
    site.context.opset < 9;
  const sizes = oneEach ? [1, slope.shape[0], ...naturalOrder(rank - 2).map(() => 1)] : [
    ...Array.from({ length: rank - slope.shape.length }, () => 1),
    ...slope.shape,
  ];
  if (sizes.length !== rank || sizes[0] !== 1) {
    throw site.fail("its slopes are not those of one example");
  }
  const lying = transposed(withShape(slope, sizes), x.order);
  const shape = lying.shape.slice(1), alpha = { shape, data: Float32Array.from(lying.data) };
  const sharedAxes = shape.flatMap((n, i) => n === 1 && x.symbol.shape[i] > 1 ? [i + 1] : []);
  return [flowOf(site.apply(preluLayer({ sharedAxes }), x.symbol, { alpha }), x.order)];
};

/** clip(alpha·x + beta, 0, 1), and the layer is clip(x/6 + ½, 0, 1). */
const hardSigmoid: Converter = (site) => {
  const alpha = site.number("alpha", 0.2), beta = site.number("beta", 0.5);
  if (near(alpha, 1 / 6) && beta === 0.5) return [each(site, "hard_sigmoid")];
  const x = fixed(site, site.flow(0), 6 * alpha, 6 * beta - 3);
  return [flowOf(site.apply(activationLayer("hard_sigmoid"), x.symbol), x.order)];
};

const selu: Converter = (site) => {
  const alpha = site.number("alpha", 1.6732632), gamma = site.number("gamma", 1.050701);
  if (near(alpha, 1.6732632) && near(gamma, 1.050701)) return [each(site, "selu")];
  return [fixed(site, settled(each(site, { kind: "elu", alpha })), gamma)];
};

/** alpha · elu(x / alpha). */
const celu: Converter = (site) => {
  const alpha = site.number("alpha", 1), x = fixed(site, site.flow(0), 1 / alpha);
  return [fixed(site, flowOf(site.apply(activationLayer("elu"), x.symbol), x.order), alpha)];
};

/** x · sigmoid(alpha·x). */
const swish: Converter = (site) => {
  const alpha = site.number("alpha", 1);
  if (alpha === 1) return [each(site, "silu")];
  const x = site.flow(0), scaled = fixed(site, x, alpha);
  const gate = site.apply(activationLayer("sigmoid"), scaled.symbol);
  return [flowOf(site.apply(multiply(), [x.symbol, gate]), x.order)];
};

const dropout: Converter = (site) => {
  const rate = site.has(1) ? site.array(1).data[0] : site.number("ratio", 0.5), flow = site.raw(0);
  if (site.node.outputs[1]) throw site.fail("there is no layer that gives a mask");
  return [{ ...flow, symbol: site.apply(site.make(() => dropoutLayer(rate)), flow.symbol) }];
};

const leaky: Converter = (site) => [
  each(site, { kind: "leaky_relu", alpha: site.number("alpha", 0.01) }),
];

/** Functions of each value, and softmax. */
export const ACTIVATION_CONVERTERS: Record<string, Converter> = {
  Relu: simple("relu"),
  Sigmoid: simple("sigmoid"),
  Tanh: simple("tanh"),
  Softplus: simple("softplus"),
  LeakyRelu: leaky,
  Elu: (site) => [each(site, { kind: "elu", alpha: site.number("alpha", 1) })],
  Selu: selu,
  Gelu: (site) => [
    each(site, site.text("approximate", "none") === "tanh" ? "gelu_tanh" : "gelu"),
  ],
  HardSigmoid: hardSigmoid,
  HardSwish: gated((site) => each(site, "hard_sigmoid")),
  Swish: swish,
  Mish: gated((site) => {
    const inner = each(site, "softplus");
    return { ...inner, symbol: site.apply(activationLayer("tanh"), inner.symbol) };
  }),
  Softmax: softmax("softmax"),
  LogSoftmax: softmax("log_softmax"),
  PRelu: prelu,
  Celu: celu,
  Dropout: dropout,
  Identity: (site) => [site.raw(0)],
  Cast: (site) => {
    // Whole numbers are checked where they number rows of a table, and taken by nothing else.
    return [{ ...site.raw(0), whole: !isFloatCode(site.number("to", 1)) }];
  },
};
