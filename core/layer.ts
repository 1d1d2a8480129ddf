import { DeconvError } from "./errors.ts";
import type { ConstraintConfig } from "./constraints.ts";
import type { Initializer } from "./initializers.ts";
import type { Json } from "./json.ts";
import type { Lowering, Parameter } from "./operation.ts";
import type { Cells } from "./reach.ts";
import { type Regularizer, type RegularizerConfig, regularizerConfig } from "./regularizers.ts";
import type { Shape, Tensor } from "./tensor.ts";

/** A layer's settings, complete and serialisable: what `save` writes and `loadModel` reads. */
export type Config = { readonly [key: string]: Json | undefined };

/** A parameter that a layer will have once it knows its input's shape. */
export interface ParameterSpec {
  /** `"kernel"`, `"bias"` … */
  readonly name: string;
  /** Its shape. */
  readonly shape: Shape;
  /** How it starts. */
  readonly initializer: Initializer;
  /** Whether an optimizer changes it; running statistics and the like are not learned. Default true. */
  readonly learned?: boolean;
  /** Name of the layer whose parameter of this name it is: then it has the shape it needs there. */
  readonly tiedTo?: string;
  /** Inputs that each output sums over; for the scaling initialisers. */
  readonly fanIn?: number;
  /** Outputs that each input feeds. */
  readonly fanOut?: number;
  /** A penalty on it that training adds to the loss. Default none. */
  readonly regularizer?: RegularizerConfig | null;
  /** What it must be after each step of an optimizer. Default anything. */
  readonly constraint?: ConstraintConfig | null;
}

/**
 * What a layer is to a backward pass of relevance (core/explain/lrp.ts): a sum of its input `"weighted"`
 * by a kernel, with a bias; a `"sum"` of inputs that has no parameters; a `"copy"`, each output being
 * one input or nothing; one that lets relevance `"pass"`, value by value; a `"product"` of inputs; an
 * `"affine"` function of each value; or a `"lookup"` of numbers in a table.
 */
export type Relevance = "weighted" | "sum" | "copy" | "pass" | "product" | "affine" | "lookup";

/** One of the layers that together compute what a layer does. */
export interface LayerPart {
  /** Its kind. */
  readonly kind: string;
  /** Options of its kind. */
  readonly config: Config;
  /** Its parameters, or values for them. */
  readonly parameters: readonly (Parameter | Tensor)[];
}

/**
 * What every kind of layer says of itself: pure functions of its configuration. A layer file exports
 * one of these and a factory; the registry makes layers from saved files with it.
 */
export interface LayerKind<C = Config> {
  /** Name of the kind, e.g. `"conv2d"`. */
  readonly kind: string;
  /** How many inputs it takes; default 1, `[least, most]` for a range. */
  readonly inputs?: readonly [number, number];
  /** Fills in defaults and checks the options by themselves. */
  configure(options: C): C;
  /** The output's shape for these inputs' shapes, without the batch. */
  outputShape(config: C, inputs: readonly Shape[]): Shape;
  /** The parameters for these inputs' shapes. */
  parameters?(config: C, inputs: readonly Shape[]): ParameterSpec[];
  /** Name of the activation that ends it, if one may. */
  activation?(config: C): string;
  /**
   * Which values of each input these values of the output are made of (outside training). Default: all
   * of them.
   */
  reach?(config: C, inputs: readonly Shape[], cells: Cells): readonly Cells[];
  /** Whether it can write the gradient of a `gated` input. */
  readonly gates?: boolean;
  /** Kinds whose kernel it can use in place of its own (`tiedTo`); default none. */
  readonly ties?: readonly string[];
  /** How relevance goes back through it; unsaid where it is what its parts are. */
  readonly relevance?: Relevance | ((config: C) => Relevance);
  /** Layers that, one behind the other, compute the same: explanations look at each by itself. */
  parts?(config: C, parameters: readonly Parameter[]): readonly LayerPart[];
  /** Adds the steps that compute it to a plan. */
  lower(config: C, lowering: Lowering): void;
}

/** Options that every layer takes. */
export interface LayerOptions {
  /** Name, unique in a model; by default the kind and a number. */
  name?: string;
  /** Whether training changes its parameters. Default true. */
  trainable?: boolean;
  /** A penalty on its output, as a mean over the batch; part of the loss. Default none. */
  activityRegularizer?: Regularizer | null;
  /** For the first layer of a `sequential` model: the input's shape without the batch. */
  inputShape?: Shape;
}

/** A value in a graph under construction: what a layer gives when it is applied. */
export interface Symbolic {
  /** Shape without the batch. */
  readonly shape: Shape;
  /** The layer that makes it; `null` for an input. */
  readonly layer: Layer | null;
  /** What that layer was applied to. */
  readonly inputs: readonly Symbolic[];
  /** An input's name. */
  readonly name?: string;
}

/**
 * A layer: a kind, its configuration, and (once it has been applied) its parameters. Apply one layer
 * twice and both places share its parameters.
 */
export class Layer {
  /** The kind, e.g. `"conv2d"`. */
  readonly kind: string;
  /** Its name; models give one to layers that have none. */
  name: string;
  /** Whether training changes its parameters. */
  trainable: boolean;
  /** A penalty on its output. */
  readonly activityRegularizer: RegularizerConfig | null;
  /** The input shape a first layer declares. */
  readonly inputShape: Shape | undefined;
  /** Its parameters; empty until a model builds it. */
  parameters: readonly Parameter[] = [];
  /** The input shapes it was built for; parameters fit these. */
  builtFor: readonly Shape[] | null = null;
  /** The layer whose kernel it is to use, or its name. */
  readonly tiedTo: Layer | string | null;
  /** The layer whose kernel is among its parameters, once a model has built it. */
  kernelOf: Layer | null = null;
  readonly #config: Config;
  /** What its kind says of itself; a layer that wraps another goes by it. */
  readonly definition: LayerKind;

  /** Use a factory such as `conv2d` instead. */
  constructor(definition: LayerKind, options: Config & LayerOptions & { tiedTo?: unknown }) {
    const { name, trainable, activityRegularizer, inputShape, tiedTo, ...rest } = options;
    this.kind = definition.kind;
    this.name = name ?? "";
    this.trainable = trainable ?? true;
    this.inputShape = inputShape;
    this.definition = definition;
    try {
      this.activityRegularizer = regularizerConfig(activityRegularizer);
      this.tiedTo = tieOf(definition, tiedTo);
      this.#config = definition.configure(this.#withTie(rest));
    } catch (error) {
      throw error instanceof DeconvError
        ? new DeconvError(`Cannot make ${this.title}: ${error.message}`)
        : error;
    }
  }

  /** Its configuration, complete. */
  get config(): Config {
    return this.#withTie(this.#config);
  }

  /** A configuration with the present name of the layer it is tied to. */
  #withTie(config: Config): Config {
    const { tiedTo } = this;
    if (tiedTo === null) return config;
    return { ...config, tiedTo: typeof tiedTo === "string" ? tiedTo : tiedTo.name };
  }

  /** Its parameters without one that belongs to the layer it is tied to. */
  get ownParameters(): readonly Parameter[] {
    return this.parameters.filter((parameter) => !this.kernelOf?.parameters.includes(parameter));
  }

  /** Those of its parameters that training changes: what is learned and belongs to no frozen layer. */
  get trained(): readonly Parameter[] {
    const own = this.ownParameters;
    return this.parameters.filter((parameter) =>
      parameter.learned && (own.includes(parameter) ? this : this.kernelOf!).trainable
    );
  }

  /** Kind and name for messages: `conv2d "enc1"`. */
  get title(): string {
    return this.name ? `${this.kind} "${this.name}"` : this.kind;
  }

  /** Runs a function of the definition; an error says which layer met which shapes. */
  #with<T>(inputs: readonly Shape[], run: () => T): T {
    try {
      const [least, most] = this.definition.inputs ?? [1, 1];
      if (inputs.length < least || inputs.length > most) {
        const wanted = least === most ? `${least}` : `${least} or more`;
        throw new DeconvError(`it takes ${wanted} input(s), not ${inputs.length}`);
      }
      return run();
    } catch (error) {
      if (!(error instanceof DeconvError)) throw error;
      const shapes = inputs.map((shape) => `[${shape.join(",")}]`).join(" and ");
      throw new DeconvError(`Cannot apply ${this.title} to ${shapes}: ${error.message}`);
    }
  }

  /** The output's shape for these input shapes, all without the batch. */
  outputShape(inputs: readonly Shape[]): Shape {
    return this.#with(inputs, () => this.definition.outputShape(this.config, inputs));
  }

  /** What parameters it has for these input shapes. */
  parameterSpecs(inputs: readonly Shape[]): ParameterSpec[] {
    return this.#with(inputs, () => this.definition.parameters?.(this.config, inputs) ?? []);
  }

  /** Name of the activation that ends it; `"linear"` for none. */
  get activation(): string {
    return this.definition.activation?.(this.config) ?? "linear";
  }

  /** Whether it can write the gradient of a `gated` input. */
  get gates(): boolean {
    return this.definition.gates ?? false;
  }

  /** Kinds whose kernel it can use. */
  get ties(): readonly string[] {
    return this.definition.ties ?? [];
  }

  /** Adds its steps to a plan. */
  lower(lowering: Lowering): void {
    this.definition.lower(this.config, lowering);
  }

  /**
   * Puts the layer behind one or several values of a graph.
   *
   * @throws {DeconvError} When the shapes cannot work.
   */
  apply(inputs: Symbolic | readonly Symbolic[]): Symbolic {
    const all = Array.isArray(inputs) ? inputs as readonly Symbolic[] : [inputs as Symbolic];
    return { shape: this.outputShape(all.map((i) => i.shape)), layer: this, inputs: all };
  }
}

/** Checks what a layer is to be tied to. */
function tieOf({ kind, ties }: LayerKind, tiedTo: unknown): Layer | string | null {
  if (tiedTo === undefined) return null;
  if (!ties) throw new DeconvError(`a ${kind} cannot be tied to another layer: leave out tiedTo`);
  if (tiedTo instanceof Layer || typeof tiedTo === "string" && tiedTo) return tiedTo;
  throw new DeconvError(
    `tiedTo must be a layer or the name of one; it is ${JSON.stringify(tiedTo)}`,
  );
}

/** Makes a layer of a kind from a user's options. */
export function createLayer<C>(definition: LayerKind<C>, options: object): Layer {
  return new Layer(definition as unknown as LayerKind, { ...options } as Config & LayerOptions);
}

/**
 * An input of a graph.
 *
 * @param options `shape` without the batch, e.g. `[32, 32, 3]`; optionally a `name`.
 *
 * @example
 * ```ts
 * import { conv2d, input, model } from "@deconv/deconv";
 * const picture = input({ shape: [32, 32, 3] });
 * const features = conv2d({ filters: 8, kernelSize: 3 }).apply(picture);
 * console.log(model({ inputs: picture, outputs: features }).outputShape); // [30, 30, 8]
 * ```
 */
export function input(options: { shape: Shape; name?: string }): Symbolic {
  const { shape } = options;
  if (!shape?.length || !shape.every((size) => Number.isInteger(size) && size > 0)) {
    throw new DeconvError(
      `Cannot make an input of shape [${shape}]: give positive whole numbers without the batch, such as [32, 32, 3]`,
    );
  }
  return { shape: [...shape], layer: null, inputs: [], name: options.name };
}

/** Checks that an input has so many dimensions, without the batch. */
export function expectRank(shape: Shape, rank: number, meaning: string): void {
  if (shape.length !== rank) {
    throw new DeconvError(
      `it takes inputs of ${rank} dimension(s) ${meaning} after the batch, not ${shape.length}`,
    );
  }
}
