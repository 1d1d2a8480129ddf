/** Activations, and what does nothing when a model is used, as nodes of ONNX. */
import { floatArray } from "../../formats/onnx/array.ts";
import type { ActivationConfig } from "../../layers/activation.ts";
import { transposed } from "./arrays.ts";
import type { Exporter, ExportSite } from "./export_site.ts";
import { naturalOrder } from "./flow.ts";

/** Attributes of activations that are one node. */
const ONE_NODE: Record<string, string> = {
  relu: "Relu",
  sigmoid: "Sigmoid",
  tanh: "Tanh",
  softplus: "Softplus",
  selu: "Selu",
};

/** Writes an activation behind a value. */
export function activated(
  { to }: ExportSite,
  x: string,
  { kind, alpha }: ActivationConfig,
  name: string,
): string {
  const scalar = (value: number) => to.scalar(`${name}_${value}`, value);
  const times = (a: string, b: string, as: string) => to.node("Mul", [a, b], as);
  switch (kind) {
    case "linear":
      return x;
    case "leaky_relu":
      return to.node("LeakyRelu", [x], name, { alpha });
    case "elu":
      return to.node("Elu", [x], name, { alpha });
    case "hard_sigmoid":
      return to.node("HardSigmoid", [x], name, { alpha: 1 / 6, beta: 0.5 });
    case "relu6":
      return to.node("Clip", [x, scalar(0), scalar(6)], name);
    case "softmax":
      return to.node("Softmax", [x], name, { axis: 1 });
    case "log_softmax":
      return to.node("LogSoftmax", [x], name, { axis: 1 });
    case "silu":
      return times(x, to.node("Sigmoid", [x], `${name}_gate`), name);
    case "gelu": {
      const scaled = times(x, scalar(Math.SQRT1_2), `${name}_scaled`);
      const bell = to.node(
        "Add",
        [to.node("Erf", [scaled], `${name}_erf`), scalar(1)],
        `${name}_bell`,
      );
      return times(times(x, scalar(0.5), `${name}_half`), bell, name);
    }
    case "gelu_tanh": {
      const cube = times(times(x, x, `${name}_square`), x, `${name}_cube`);
      const small = times(cube, scalar(0.044715), `${name}_small`);
      const inner = to.node("Add", [x, small], `${name}_inner`);
      const scaled = times(inner, scalar(Math.sqrt(2 / Math.PI)), `${name}_scaled`);
      const bell = to.node(
        "Add",
        [to.node("Tanh", [scaled], `${name}_tanh`), scalar(1)],
        `${name}_bell`,
      );
      return times(times(x, scalar(0.5), `${name}_half`), bell, name);
    }
    default:
      return to.node(ONE_NODE[kind], [x], name);
  }
}

/** The name a layer's own node has where an activation follows. */
export function beforeName({ name, config }: ExportSite): string {
  const { kind } = config.activation as ActivationConfig;
  return kind === "linear" ? name : `${name}_linear`;
}

/** What changes nothing when a model is used. */
const nothing: Exporter = ({ inputs }) => inputs[0];

const prelu: Exporter = ({ to, name, inputs: [x], parameters: [alpha] }) => {
  const { shape } = alpha, rank = shape.length;
  const first = rank < 2 ? [0] : [rank - 1, ...naturalOrder(rank - 1)];
  const { data, shape: sizes } = transposed(floatArray(shape, alpha.data), first);
  return to.node("PRelu", [x, to.array(`${name}.weight`, floatArray(sizes, data))], name);
};

/** Functions of each value. */
export const ACTIVATION_EXPORTERS: Record<string, Exporter> = {
  activation: (site) =>
    activated(site, site.inputs[0], site.config as unknown as ActivationConfig, site.name),
  dropout: nothing,
  gaussian_noise: nothing,
  prelu,
  // The mean is what it gives when a model is used.
  sampling: nothing,
  spatial_dropout1d: nothing,
  spatial_dropout2d: nothing,
};
