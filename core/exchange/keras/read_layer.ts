/** Layers as the classes of the table say: their options read, their names and values found. */
import { DeconvError } from "../../errors.ts";
import { record } from "../../json.ts";
import type { Config, Layer } from "../../layer.ts";
import { layerFromConfig } from "../../layers/registry.ts";
import type { Shape } from "../../tensor.ts";
import { optionName } from "./names.ts";
import { KERAS_LAYERS, VARIANTS } from "./table.ts";
import { type Dialect, formOf, REGULARIZER } from "./values.ts";

/** Options that say nothing about what a layer computes; what is null, false or empty never does. */
const IGNORED = [
  "name",
  "trainable",
  "dtype",
  "batch_input_shape",
  "batch_shape",
  "data_format",
  "activity_regularizer",
  "autocast",
  "seed",
  "fused",
  "input_length",
  "input_dtype",
  "input_shape",
  "kernel_initializer",
  "kernel_regularizer",
  "kernel_constraint",
];

/** Signals have one number where Keras writes a list of one. */
function unwrapped(kind: string, value: unknown): unknown {
  return kind.endsWith("1d") || kind === "conv1d_transpose"
    ? Array.isArray(value) && value.length === 1 ? value[0] : value
    : value;
}

/** Whether a value leaves an option as if it were not there. */
function idle(value: unknown): boolean {
  return value === null || value === undefined || value === false ||
    Array.isArray(value) && value.length === 0;
}

/** Whether an option says nothing about what a layer computes. */
export function saysNothing(key: string, value: unknown): boolean {
  return idle(value) || IGNORED.includes(key);
}

/**
 * Makes the layer that a class of Keras is.
 *
 * @throws {DeconvError} When there is no such, or an option has no counterpart; the message names the
 * layer.
 */
export function layerFromKeras(
  className: string,
  config: Record<string, unknown>,
  inputs: readonly Shape[],
  dialect: Dialect,
): Layer {
  const name = String(config.name ?? className), title = `${className} "${name}"`;
  const refuse = (fault: string): never => {
    throw new DeconvError(`its layer ${title} ${fault}`);
  };
  if (!Object.hasOwn(KERAS_LAYERS, className)) {
    return refuse(
      "is of a class that has no counterpart here: cut the network before it, or build it anew and " +
        "set its weights",
    );
  }
  const variant = Object.hasOwn(VARIANTS, className) ? VARIANTS[className] : null;
  const { kind, fields, only = {}, options } = variant?.when(config, dialect)
    ? variant.layer
    : KERAS_LAYERS[className];
  const names = new Map(fields.map((field) => [optionName(field), field]));
  const { data_format: format } = config;
  if (!idle(format) && format !== "channels_last") {
    refuse("has its channels first: save it with data_format channels_last");
  }
  const read: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(config)) {
    const field = names.get(key);
    const values = only[key];
    if (field && value !== null) {
      const form = formOf(field);
      try {
        read[field] = form ? form.read(value, dialect) : unwrapped(kind, value);
      } catch (error) {
        if (error instanceof DeconvError) refuse(`cannot be read: ${error.message}`);
        throw error;
      }
    } else if (field || saysNothing(key, value)) {
      continue;
    } else if (!values || values.length && !values.some((v) => `${v}` === `${value}`)) {
      refuse(`has the option ${key}: ${JSON.stringify(value)}, which has no counterpart here`);
    }
  }
  const { trainable = true, activity_regularizer: activity } = config;
  return layerFromConfig(kind, {
    ...read as Config,
    ...options?.(record(config, "a layer's config") as Config, inputs, dialect),
    name,
    trainable: trainable === true,
    activityRegularizer: REGULARIZER.read(activity, dialect) as undefined,
  });
}
