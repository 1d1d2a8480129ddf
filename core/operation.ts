/** What a plan is made of: operations, the values between them, and the parameters they use. */
import type { Precision } from "./algorithm.ts";
import type { Block } from "./block.ts";
import type { ConstraintConfig } from "./constraints.ts";
import type { RegularizerConfig } from "./regularizers.ts";
import type { Shape } from "./tensor.ts";

/**
 * How activations pass gradients back: the true `"gradient"`; `"guided"` backpropagation
 * (Springenberg et al. 2015: positive gradients only, where the unit was active); or the
 * `"deconvnet"` rule (Zeiler & Fergus 2014: positive gradients only, whether active or not).
 */
export type GradientRule = "gradient" | "guided" | "deconvnet";

/** What a forward pass is told. */
export interface ForwardContext {
  /** Whether layers that behave differently in training should. */
  readonly training: boolean;
  /** Seed of whatever is random in it: dropout, noise, sampling. */
  readonly seed: number;
  /** Number of the training step: with the seed and `Lowering.stream` the address of its random numbers. */
  readonly step: number;
}

/** The context of a forward pass that is not training. */
export const INFERENCE: ForwardContext = { training: false, seed: 0, step: 0 };

/** What a backward pass is told. */
export interface BackwardContext {
  /** The rule that activations follow. */
  readonly rule: GradientRule;
  /** Whether parameters' gradients are wanted. */
  readonly parameters: boolean;
}

/** A layer's array of weights and the gradient that `backward` accumulates into. */
export interface Parameter {
  /** Layer name and parameter name, e.g. `conv2d_1/kernel`. */
  readonly name: string;
  /** Its shape. */
  readonly shape: Shape;
  /** The weights. */
  readonly value: Block;
  /** The gradient: accumulated, never overwritten, by `backward`; empty where `learned` is false. */
  readonly gradient: Block;
  /** Whether an optimizer changes it. The layer itself may change what is not learned, in training. */
  readonly learned: boolean;
  /** A penalty on it that training adds to the loss. */
  readonly regularizer?: RegularizerConfig | null;
  /** What it must be after each step of an optimizer. */
  readonly constraint?: ConstraintConfig | null;
}

/** An activation of a compiled plan: the batch's values, and their gradient where it is wanted. */
export interface Value {
  /** Shape, batch first. */
  readonly shape: Shape;
  /** The values. */
  readonly data: Block;
  /** The gradient of the loss with respect to them; `null` where nobody needs it. */
  readonly gradient: Block | null;
  /**
   * Whether a relu made the values and their gradient shares their memory: the one layer that uses
   * them writes, where they are above 0, the gradient over them, and 0 elsewhere.
   */
  readonly gated?: boolean;
}

/**
 * One step of a plan. `forward` overwrites the output. `backward` overwrites the gradients of the
 * inputs (skipping those that are `null`) and adds to the gradients of the parameters; it may
 * destroy the gradient of its own output.
 */
export interface Operation {
  /** Whether it is a sigmoid or a softmax, whose gradient a cross-entropy can take over. */
  readonly activation?: string;
  /** Computes the output from the inputs. */
  forward(context: ForwardContext): void;
  /** Computes the inputs' and parameters' gradients from the output's. */
  backward(context: BackwardContext): void;
  /** Of an activation: hands the output's gradient to its input unchanged, a loss having seen to the slope. */
  passGradient?(): void;
  /**
   * What the forward pass before it adds to the loss of the network, as a mean over the batch: a
   * penalty on activations, a divergence. `backward` adds its gradient to what it passes on.
   */
  loss?(): number;
}

/** What a layer is given when a plan is compiled for a batch. */
export interface Lowering {
  /** The layer's inputs, batch first. */
  readonly inputs: readonly Value[];
  /** The layer's output. */
  readonly output: Value;
  /** The layer's parameters, in the order of `parameters()`. */
  readonly parameters: readonly Parameter[];
  /** How exact it must be. */
  readonly precision: Precision;
  /** Whether there will be no backward pass, and weights seldom change. */
  readonly inference: boolean;
  /** Whether training changes the layer; where not, its parameters need no gradients. */
  readonly trainable: boolean;
  /** Whether training changes a parameter: one of a tied layer as the layer it belongs to says. */
  trains(parameter: Parameter): boolean;
  /** Name of the random numbers of this place in the network; the same in every plan. */
  readonly stream: string;
  /** Memory that lasts from the forward to the backward pass. */
  saved(length: number): Block;
  /** Adds a step. Steps run forward in order and backward in reverse. */
  add(operation: Operation): void;
}
