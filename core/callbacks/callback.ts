import { DeconvError } from "../errors.ts";
import type { Json } from "../json.ts";
import type { Model } from "../model.ts";
import type { Optimizer } from "../optimizer.ts";
import type { Tensor } from "../tensor.ts";
import type { Logs } from "../train.ts";

/** Where in a run a batch stands; everything is counted from 0. */
export interface BatchPosition {
  /** The epoch. */
  readonly epoch: number;
  /** The batch of that epoch. */
  readonly batch: number;
  /** Batches in an epoch. */
  readonly batches: number;
  /** Pictures in this batch. */
  readonly size: number;
}

/** A training run as its callbacks see it. */
export interface TrainingRun {
  /** What is being trained. */
  readonly model: Model;
  /** What trains it. */
  readonly optimizer: Optimizer;
  /** That, and the optimizers of layers that have one of their own. */
  readonly optimizers: readonly Optimizer[];
  /** The epoch the run ends before. */
  readonly epochs: number;
  /** Names that an epoch's logs will have: `loss`, metrics, and `val_…` where there is validation. */
  readonly reports: readonly string[];
  /** Why it ends before its last epoch, in words; null while nothing has stopped it. */
  readonly reason: string | null;
  /** Whether its signal has stopped it, to go on later: whatever a later run needs must stay as it is. */
  readonly interrupted: boolean;
  /** Ends the run after the batch at hand, or after the epoch where that is at its end. */
  stop(reason?: string): void;
}

/** What a callback needs to go on where it stood: it is saved with the model. */
export interface CallbackState {
  /** Numbers and words. */
  readonly values: { readonly [name: string]: Json };
  /** Arrays, such as averaged weights. */
  readonly tensors?: { readonly [name: string]: Tensor };
}

/**
 * Something that goes along with a training run: `fit({ callbacks: [...] })`. Every hook may be left
 * out and may be asynchronous; callbacks are called in the order of the list, and what `fit` itself was
 * given as `onBatchEnd` and `onEpochEnd` after them.
 */
export interface Callback {
  /** Its name, for messages and saved files. */
  readonly name: string;
  /** Before the first batch: the place to check options against the run and to start anew. */
  onTrainBegin?(run: TrainingRun): void | Promise<void>;
  /** Before an epoch's first batch; again when a run goes on in the middle of the epoch. */
  onEpochBegin?(epoch: number, run: TrainingRun): void | Promise<void>;
  /** Before a batch. */
  onBatchBegin?(at: BatchPosition, run: TrainingRun): void | Promise<void>;
  /** After a batch, with the running means of the epoch. */
  onBatchEnd?(at: BatchPosition, logs: Logs, run: TrainingRun): void | Promise<void>;
  /** When a batch's loss is not a finite number: unless it stops the run, an error ends it. */
  onNonFiniteLoss?(at: BatchPosition, loss: number, run: TrainingRun): void | Promise<void>;
  /** Before the validation of an epoch. */
  onValidationBegin?(epoch: number, run: TrainingRun): void | Promise<void>;
  /** After the validation of an epoch. */
  onValidationEnd?(epoch: number, run: TrainingRun): void | Promise<void>;
  /** After an epoch, validation included. What it adds to the logs gets into the history. */
  onEpochEnd?(epoch: number, logs: Logs, run: TrainingRun): void | Promise<void>;
  /** After every callback's `onEpochEnd`: the place to save the model, all states being complete. */
  onCheckpoint?(epoch: number, logs: Logs, run: TrainingRun): void | Promise<void>;
  /** After the last epoch, or when the run has been stopped; not when an error ends it. */
  onTrainEnd?(run: TrainingRun): void | Promise<void>;
  /** What must survive an interruption; arrays are copied. */
  state?(): CallbackState;
  /** Takes up what `state` gave, after `onTrainBegin`, when a run goes on. */
  restore?(state: CallbackState, run: TrainingRun): void;
}

/**
 * Checks the saved numbers of a callback; a number may be null, for "none yet".
 *
 * @throws {DeconvError} When one is missing or is something else.
 */
export function stateNumbers<N extends string>(
  callback: string,
  { values }: CallbackState,
  names: readonly N[],
): Record<N, number | null> {
  for (const name of names) {
    const value = values[name];
    if (value === null || typeof value === "number") continue;
    throw new DeconvError(
      `Cannot go on: the saved state of ${callback} has no number "${name}"; give initialEpoch: 0 to start anew`,
    );
  }
  return values as Record<N, number | null>;
}
