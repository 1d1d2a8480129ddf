/** A layer at the place where it is written to an ONNX graph. */
import { DeconvError } from "../../errors.ts";
import type { Config } from "../../layer.ts";
import type { ActivationConfig } from "../../layers/activation.ts";
import type { Shape, Tensor } from "../../tensor.ts";
import type { GraphWriter } from "./graph_writer.ts";

/** What an exporter is told of a layer. */
export interface ExportSite {
  /** Where nodes and arrays go. */
  readonly to: GraphWriter;
  /** The layer's kind. */
  readonly kind: string;
  /** Its name, and that of its node. */
  readonly name: string;
  /** Its options. */
  readonly config: Config;
  /** Names of its inputs, channels first. */
  readonly inputs: readonly string[];
  /** Their shapes as layers have them. */
  readonly shapes: readonly Shape[];
  /** The shape it makes. */
  readonly output: Shape;
  /** Its parameters in order. */
  readonly parameters: readonly Tensor[];
  /** Indices of ONNX, by the values that are places of maxima. */
  readonly places: Map<string, Places>;
}

/** Places of maxima as ONNX has them. */
export interface Places {
  /** Name of the indices over the whole array. */
  readonly indices: string;
  /** Height and width of the pictures they are places of. */
  readonly size: readonly [number, number];
}

/** Writes a layer; the name of what it makes. */
export type Exporter = (site: ExportSite) => string;

/** What cannot be said in ONNX. */
export function refuse({ kind, name }: ExportSite, why: string): DeconvError {
  return new DeconvError(`Cannot write ${kind} "${name}" as ONNX: ${why}`);
}

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
