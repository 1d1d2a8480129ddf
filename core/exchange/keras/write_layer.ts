/** Layers of ours as the classes of Keras, by the table that reading goes by. */
import { DeconvError } from "../../errors.ts";
import type { Json } from "../../json.ts";
import type { Layer } from "../../layer.ts";
import type { ActivationConfig } from "../../layers/activation.ts";
import type { Parameter } from "../../operation.ts";
import type { Shape, Tensor } from "../../tensor.ts";
import { optionName } from "./names.ts";
import { type Part, partsOf } from "./parts.ts";
import { KERAS_LAYERS } from "./table.ts";
import { isNamed, type KerasTarget } from "./target.ts";
import { formOf, REGULARIZER } from "./values.ts";

/** One layer of theirs; a layer of ours may be several, one behind the other. */
export interface Piece {
  /** Its name. */
  readonly name: string;
  /** Its class. */
  readonly className: string;
  /** Its options but for the name. */
  readonly config: Readonly<Record<string, Json>>;
  /** The shape of its output, without the batch. */
  readonly output: Shape;
  /** Its weights by their names there. */
  readonly weights: readonly (readonly [string, Tensor])[];
}

/**
 * What a layer is in another program.
 *
 * @param positive Whether no value that goes in can be negative.
 * @throws {DeconvError} When it or an option of it has no counterpart; the message names the layer.
 */
export function piecesOf(
  layer: Layer,
  input: Shape,
  output: Shape,
  target: KerasTarget,
  positive = false,
): Piece[] {
  const { name, activityRegularizer } = layer, { kind, config, weights } = plainOf(layer);
  const refuse: Refuse = (fault) => {
    throw new DeconvError(`Cannot write ${layer.title} for ${target.program}: ${fault}`);
  };
  const parts = partsOf({ name, kind, config, input, output, weights, positive }, target);
  const pieces = parts.map((part) => pieceOf(part, layer.trainable, target, refuse));
  // TensorFlow.js has no penalties on activities; they change no output.
  if (activityRegularizer && target.dialect === "keras3") {
    const last = pieces[pieces.length - 1];
    const activity_regularizer = REGULARIZER.write(activityRegularizer, target.dialect);
    pieces[pieces.length - 1] = { ...last, config: { ...last.config, activity_regularizer } };
  }
  return pieces;
}

/** A layer without what has no use outside of training: a kernel that is divided by its norm is so once. */
function plainOf(
  { kind, config, parameters, definition }: Layer,
): Pick<Part, "kind" | "config" | "weights"> {
  const names = parameters.map(({ name }) => name.slice(name.lastIndexOf("/") + 1));
  const tensor = ({ shape, value }: Parameter): Tensor => ({ shape, data: value.view });
  const weights = parameters.map((parameter, i) => [names[i], tensor(parameter)] as const);
  if (kind !== "spectral_normalization") return { kind, config, weights };
  const [part] = definition.parts!(config, parameters);
  return {
    kind: part.kind,
    config: part.config,
    weights: part.parameters.map((value, i) =>
      [names[i], "data" in value ? value : tensor(value)] as const
    ),
  };
}

type Refuse = (fault: string) => never;

/** The class of a kind; the first where several are read as it. */
function classOf(kind: string) {
  return Object.entries(KERAS_LAYERS).find(([, entry]) => entry.kind === kind);
}

/** Classes that have an order of axes. */
const ORDERED = /conv|pool|padding|cropping|upsampling2d|resizing/;

function pieceOf(part: Part, trainable: boolean, target: KerasTarget, refuse: Refuse): Piece {
  const { name, kind, config, output } = part;
  if (kind === "activation") {
    const [className, options] = activationOf(config as ActivationConfig, target, refuse);
    return { name, className, config: options, output, weights: [] };
  }
  const [className, entry] = classOf(kind) ?? refuse("it has no such layer");
  if (target.lacks.includes(className)) refuse("it has no such layer");
  const { fields, parameters: renamed = {}, writes } = entry;
  // Of those without weights not all classes of Keras 3 take it.
  const written: Record<string, Json> = part.weights.length ? { trainable } : {};
  for (const [field, value] of Object.entries({ ...config, ...writes?.(part) })) {
    const idle = value === false || value === null || value === undefined ||
      field === "groups" && value === 1;
    if (target.refuses(field, value, part) || !fields.includes(field) && !idle) {
      refuse(`it has no ${field}: ${JSON.stringify(value)}`);
    }
    if (field === "padding" && Array.isArray(value) && typeof value[0] === "number") {
      refuse(`it has no padding ${JSON.stringify(value)}: use "same" or "valid"`);
    }
    if (fields.includes(field) && value !== undefined) {
      const form = formOf(field);
      written[optionName(field)] = form ? form.write(value, target.dialect) : value as Json;
    }
  }
  if (ORDERED.test(kind)) written.data_format = "channels_last";
  const weights = part.weights.map(([weight, tensor]) =>
    [renamed[weight] ?? weight, tensor] as const
  );
  return { name, className, config: written, output, weights };
}

/** An activation as a layer: by its name, or a class of its own where it has an option. */
function activationOf(
  { kind, alpha }: ActivationConfig,
  target: KerasTarget,
  refuse: Refuse,
): [className: string, config: Record<string, Json>] {
  const modern = target.dialect === "keras3";
  if (kind === "leaky_relu") {
    return ["LeakyReLU", modern ? { negative_slope: alpha } : { alpha }];
  }
  if (kind === "elu" && alpha !== 1 && modern) return ["ELU", { alpha }];
  if (!isNamed(target, { kind, alpha })) {
    return refuse(`it has no activation ${kind}${alpha ? ` with alpha ${alpha}` : ""}`);
  }
  const activation = formOf("activation")!.write({ kind, alpha }, target.dialect);
  return ["Activation", { activation }];
}
