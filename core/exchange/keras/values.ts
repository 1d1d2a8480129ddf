/** Values of Keras' layer options, read and written: objects `{ class_name, config }` there, plain ones here. */
import type { ConstraintConfig } from "../../constraints.ts";
import { DeconvError } from "../../errors.ts";
import type { Initializer, InitializerConfig } from "../../initializers.ts";
import { type Json, record } from "../../json.ts";
import type { Activation, ActivationConfig } from "../../layers/activation.ts";
import type { RegularizerConfig } from "../../regularizers.ts";
import { pascal, snake } from "./names.ts";

/** What wrote a file: the hard sigmoid of Keras changed with version 3; TensorFlow.js is much as Keras 2. */
export type Dialect = "keras2" | "keras3" | "tfjs";

/** One option's value there and here. */
export interface ValueForm {
  /** Reads it. */
  read(value: unknown, dialect: Dialect): unknown;
  /** Writes it. */
  write(value: unknown, dialect: Dialect): Json;
}

/** Class and options of an object; a bare text is a class without options. */
function objectOf(value: unknown): { className: string; config: Record<string, unknown> } {
  if (typeof value === "string") return { className: value, config: {} };
  const { class_name: className, config = {} } = record(value, "an option");
  return { className: String(className), config: record(config, "an option's config") };
}

/** An object as a program writes it: Keras 3 says where its class is. */
function written(module: string, className: string, config: Json, dialect: Dialect): Json {
  const object = { class_name: className, config };
  return dialect === "keras3" ? { module, ...object, registered_name: null } : object;
}

const ALIASES: Readonly<Record<string, string>> = { swish: "silu", gelu_new: "gelu_tanh" };

/** Activations that all of them know by the same name. */
export const COMMON_ACTIVATIONS = [
  "linear",
  "relu",
  "relu6",
  "elu",
  "selu",
  "sigmoid",
  "tanh",
  "softplus",
  "gelu",
  "silu",
];
const KNOWN = [
  ...COMMON_ACTIVATIONS,
  "softmax",
  "log_softmax",
  "leaky_relu",
  "hard_sigmoid",
  "gelu_tanh",
];

/** Activations by name. */
export const ACTIVATION: ValueForm = {
  read(value, dialect): Activation {
    const given = typeof value === "object" && value
      ? (value as { config?: unknown }).config
      : value;
    const name = String(given ?? "linear"), kind = ALIASES[name] ?? name;
    if (!KNOWN.includes(kind)) {
      throw new DeconvError(
        `its activation ${JSON.stringify(given)} has no counterpart; there are ${KNOWN.join(", ")}`,
      );
    }
    if (kind === "hard_sigmoid" && dialect !== "keras3") {
      throw new DeconvError(
        "its hard_sigmoid is 0.2x + 0.5, as Keras 2 had it, and has no counterpart: use sigmoid",
      );
    }
    return kind as Activation;
  },
  write(value, dialect) {
    const { kind } = value as ActivationConfig;
    if (dialect === "keras3") return kind;
    return Object.keys(ALIASES).find((name) => ALIASES[name] === kind) ?? kind;
  },
};

const INITIALIZERS = [
  "zeros",
  "ones",
  "constant",
  "random_uniform",
  "random_normal",
  "truncated_normal",
  "glorot_uniform",
  "glorot_normal",
  "he_uniform",
  "he_normal",
  "lecun_uniform",
  "lecun_normal",
  "variance_scaling",
  "orthogonal",
];
const OPTIONS = ["value", "minval", "maxval", "mean", "stddev", "scale", "mode", "gain"];

/** Initialisers. The weights come from the file, so one that is unknown is left at the default. */
const INITIALIZER: ValueForm = {
  read(value): Initializer | undefined {
    if (value === null || value === undefined) return undefined;
    const { className, config } = objectOf(value), kind = snake(className);
    if (!INITIALIZERS.includes(kind)) return undefined;
    if (kind === "variance_scaling") return scaling(config);
    const options = Object.entries(config).filter(([key, option]) =>
      OPTIONS.includes(key) && option !== null
    );
    return { kind, ...Object.fromEntries(options) } as InitializerConfig;
  },
  write(value, dialect) {
    const { kind, ...options } = value as InitializerConfig & Record<string, Json>;
    // What Keras has not is left at its default: the weights are in the file.
    const known = INITIALIZERS.includes(kind), { distribution } = options;
    const random = known && !["zeros", "ones", "constant"].includes(kind);
    const config = {
      ...known ? options : {},
      ...distribution === "normal" && { distribution: "untruncated_normal" },
      ...distribution === "truncated_normal" && { distribution: "normal" },
      ...random && { seed: null },
    } as Json;
    return written("keras.initializers", known ? pascal(kind) : "Zeros", config, dialect);
  },
};

/** `"normal"` was cut off at two deviations in Keras 2. */
function scaling({ scale, mode, distribution }: Record<string, unknown>): Initializer | undefined {
  const shapes: Record<string, string> = {
    uniform: "uniform",
    normal: "truncated_normal",
    truncated_normal: "truncated_normal",
    untruncated_normal: "normal",
  };
  const modes = ["fan_in", "fan_out", "fan_avg"], found = shapes[String(distribution)];
  // TensorFlow.js writes null for mode and distribution.
  if (!found || !modes.includes(String(mode)) || !((scale as number) > 0)) return undefined;
  return { kind: "variance_scaling", scale, mode, distribution: found } as InitializerConfig;
}

/** Penalties. */
export const REGULARIZER: ValueForm = {
  read(value) {
    if (value === null || value === undefined) return undefined;
    const { className, config: { l1, l2 } } = objectOf(value), kind = className.toLowerCase();
    if (!["l1", "l2", "l1l2"].includes(kind)) {
      throw new DeconvError(`its regularizer ${className} has no counterpart: take it out`);
    }
    if (l1 === undefined && l2 === undefined) return kind;
    return { l1: Number(l1 ?? 0), l2: Number(l2 ?? 0) };
  },
  write(value, dialect) {
    if (!value) return null;
    const { l1, l2 } = value as RegularizerConfig;
    return written("keras.regularizers", "L1L2", { l1, l2 }, dialect);
  },
};

/** Constraints; norms are over axis 0 where Keras says nothing. */
const CONSTRAINT: ValueForm = {
  read(value) {
    if (value === null || value === undefined) return undefined;
    const { className, config } = objectOf(value), kind = snake(className);
    if (kind === "non_neg") return { kind };
    const { axis = 0, max_value = kind === "max_norm" ? 2 : 1, min_value = 0, rate = 1 } = config;
    const ends: Record<string, unknown> = {
      max_norm: { minValue: 0, maxValue: max_value, rate: 1 },
      unit_norm: { minValue: 1, maxValue: 1, rate: 1 },
      min_max_norm: { minValue: min_value, maxValue: max_value, rate },
    };
    if (!ends[kind]) {
      throw new DeconvError(`its constraint ${className} has no counterpart: take it out`);
    }
    return { kind: "norm", ...ends[kind], axis: Array.isArray(axis) ? axis : [axis] };
  },
  write(value, dialect) {
    if (!value) return null;
    const given = value as ConstraintConfig, module = "keras.constraints";
    if (given.kind === "non_neg") return written(module, "NonNeg", {}, dialect);
    const { minValue, maxValue, rate, axis } = given;
    if (!axis || axis.length !== 1) {
      throw new DeconvError("a constraint of norms must be over one axis, such as { axis: 0 }");
    }
    const config = { min_value: minValue, max_value: maxValue, rate, axis: axis[0] };
    return written(module, "MinMaxNorm", config, dialect);
  },
};

/** How the value of an option is read and written. */
export function formOf(field: string): ValueForm | null {
  if (field === "activation") return ACTIVATION;
  if (field.endsWith("Initializer")) return INITIALIZER;
  if (field.endsWith("Regularizer")) return REGULARIZER;
  return field.endsWith("Constraint") ? CONSTRAINT : null;
}
