import type { Block } from "../block.ts";
import { DeconvError } from "../errors.ts";
import type { Shape } from "../tensor.ts";

/** A loss with everything said: its kind and each of its options. */
export interface LossConfig {
  /** Its name; `"sum"` and `"custom"` for what has none. */
  readonly kind: string;
  /** Its options. */
  readonly [option: string]: unknown;
}

/** One batch to take a loss of. */
export interface LossCall {
  /** Shape of the output, batch first. */
  readonly shape: Shape;
  /** What the network gave. */
  readonly output: Block;
  /** What it should have given. */
  readonly target: Block;
  /** Where weight · d loss / d output goes; null when nobody asks. */
  readonly gradient: Block | null;
  /** Whether the gradient wanted is the one before the activation that the loss fuses with. */
  readonly fused: boolean;
  /** Multiplies the gradient; the loss itself is returned without it. */
  readonly weight: number;
  /** Where a sum leaves its parts. */
  readonly parts?: number[];
}

/** An activation that a loss can be taken together with. */
export type FusedActivation = "sigmoid" | "softmax";

/** What targets hold: as many numbers as the output, a class number a row, or nothing anybody reads. */
export type TargetKind = "values" | "labels" | "unread";

/** What a kind of loss is. */
export interface LossKind {
  /** Its name. */
  readonly kind: string;
  /** Its options, and what they are unless given. */
  readonly defaults: Readonly<Record<string, number | boolean>>;
  /** @throws {DeconvError} When an option is out of range. */
  check?(config: LossConfig): void;
  /** @throws {DeconvError} When the loss cannot be taken of an output of this shape (no batch). */
  fit?(config: LossConfig, shape: Shape): void;
  /** What targets hold; values unless said. */
  targets?(config: LossConfig): TargetKind;
  /** Whether one entry of the last axis is the right one; not unless said. */
  readonly classes?: boolean;
  /** What a number of the output says: a probability, or a class by its sign; nothing like it unless said. */
  readonly numbers?: "probabilities" | "signs";
  /** The activation before which the gradient is simpler, and exact where the activation is flat. */
  fuses?(config: LossConfig): FusedActivation | undefined;
  /** The mean loss of a batch; writes the gradient where it is wanted. */
  compute(config: LossConfig, call: LossCall): number;
}

/** An option as a number; `check` and the type of its default have been over it. */
export function numberOf(config: LossConfig, option: string): number {
  return config[option] as number;
}

/** Fails unless an option is above `limit`. */
export function expectAbove(config: LossConfig, option: string, limit: number): void {
  const value = numberOf(config, option);
  if (value > limit) return;
  throw new DeconvError(`${option} must be a number above ${limit}; it is ${value}`);
}

/** Fails unless an option lies in 0 … 1. */
export function expectShare(config: LossConfig, option: string): void {
  const value = numberOf(config, option);
  if (value >= 0 && value <= 1) return;
  throw new DeconvError(`${option} must be a number from 0 to 1; it is ${value}`);
}
