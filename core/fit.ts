import type { BatchPosition, Callback, TrainingRun } from "./callbacks/callback.ts";
import { CallbackList } from "./callbacks/list.ts";
import { batchCount, batches, withNext } from "./data/batches.ts";
import { DeconvError } from "./errors.ts";
import { positive } from "./geometry.ts";
import type { Model } from "./model.ts";
import { type Cause, whyNotFinite } from "./non_finite.ts";
import { INFERENCE } from "./operation.ts";
import { expectRoom } from "./room.ts";
import type { BatchSource } from "./source.ts";
import type { Part, Trainer } from "./train.ts";
import { turns } from "./turns.ts";

/** What `fit` takes. */
export interface FitOptions extends Pick<Callback, "onBatchEnd" | "onEpochEnd"> {
  /** Passes over the data, counted from the very first. Default 1. */
  epochs?: number;
  /** Pictures a batch. Default 32. */
  batchSize?: number;
  /**
   * Batches whose gradients make one step of the optimizer together, as if they were one batch: for
   * steps that do not fit into memory. Default 1.
   */
  accumulateSteps?: number;
  /** Whether each epoch goes through the data in another order. Default true. */
  shuffle?: boolean;
  /** Decides the order. Default 0. */
  seed?: number;
  /** Where to go on: the first epoch to run. Default 0. */
  initialEpoch?: number;
  /** Where in that epoch to go on. Default 0. */
  initialBatch?: number;
  /** What goes along with the run. Default none. */
  callbacks?: readonly Callback[];
  /** Stops the run after the step at hand. */
  signal?: AbortSignal;
}

/** What a training run was like. */
export interface History {
  /** Number of each epoch completed. */
  epochs: number[];
  /** Loss and metrics of each epoch, by name. */
  history: Record<string, number[]>;
  /** Where a run that was stopped would go on; absent when it ran to its end. */
  stopped?: { epoch: number; batch: number };
  /** What a callback stopped it for. */
  reason?: string;
}

/** Trains on a source; see `Model.fit`. */
export async function fit(
  model: Model,
  trainer: Trainer,
  source: BatchSource,
  options: FitOptions,
  validation: BatchSource | null,
): Promise<History> {
  const { epochs = 1, batchSize = 32, shuffle = true, seed = 0, signal } = options;
  const { initialEpoch = 0, initialBatch = 0, callbacks = [], onBatchEnd, onEpochEnd } = options;
  const accumulate = positive(options.accumulateSteps ?? 1, "accumulateSteps");
  if (initialBatch % accumulate) {
    throw new DeconvError(
      `initialBatch must be a multiple of accumulateSteps, ${accumulate}; it is ${initialBatch}`,
    );
  }
  const { size } = source, count = batchCount(size, batchSize);
  const result: History = { epochs: [], history: {} };
  const list = new CallbackList([...callbacks, { name: "fit", onBatchEnd, onEpochEnd }]);
  const names = Object.keys(trainer.totals().logs());
  const run = {
    model,
    optimizer: trainer.optimizer,
    optimizers: trainer.optimizers.all,
    epochs,
    reports: validation ? [...names, ...names.map((name) => `val_${name}`)] : names,
    reason: null as string | null,
    interrupted: false as boolean,
    stop: (reason = "a callback stopped it") => void (run.reason ??= reason),
  } satisfies TrainingRun;

  expectRoom([{
    plans: trainer.plans,
    wanted: (batch) => [
      { batch, gradients: true },
      ...(size % batch ? [{ batch: size % batch, gradients: true }] : []),
      ...(validation ? [{ batch, gradients: false }] : []),
    ],
  }], Math.min(batchSize, size));

  const saved = initialEpoch || initialBatch ? model.callbackStates() : {};
  await list.call("onTrainBegin", run);
  list.restore(saved, run);
  model.callbackStates = () => list.states();
  model.progress = { epoch: initialEpoch, batch: initialBatch };

  /** Whether the run ends here. */
  const ends = () => {
    run.interrupted = run.reason === null && !!signal?.aborted;
    return run.interrupted || run.reason !== null;
  };
  const turn = turns();
  /** Runs one epoch; false where it was stopped on the way. */
  const runEpoch = async (epoch: number, start: number): Promise<boolean> => {
    await list.call("onEpochBegin", epoch, run);
    const totals = trainer.totals();
    let batch = start, before = 0;
    const all = batches(size, { batchSize, shuffle, seed, epoch, start });
    for (const [indices, next] of withNext(all)) {
      if (!before && ends()) return false;
      const at: BatchPosition = { epoch, batch, batches: count, size: indices.length };
      await list.call("onBatchBegin", at, run);
      const plan = trainer.plans.get({ batch: indices.length, gradients: true });
      const targets = await trainer.read(plan, source, indices, epoch);
      if (next) source.ahead?.(next);
      const part = partOf(batch, before, { accumulate, count, batchSize, size });
      const loss = trainer.step(plan, targets, { seed, step: epoch * count + batch }, part);
      if (!Number.isFinite(loss.total)) {
        await list.call("onNonFiniteLoss", at, loss.total, run);
        if (run.reason === null) {
          const context = { training: true, seed, step: epoch * count + batch };
          const where = `the loss became ${loss.total} in epoch ${epoch + 1}, batch ${
            batch + 1
          } of ${count}`;
          throw notFinite(where, whyNotFinite(plan, context, targets));
        }
        return false;
      }
      totals.add(loss, plan, targets);
      before = part.last ? 0 : indices.length;
      batch++;
      if (part.last) model.progress = { epoch, batch };
      await list.call("onBatchEnd", at, totals.running(), run);
      await turn();
    }
    const logs = totals.logs();
    if (validation) {
      await list.call("onValidationBegin", epoch, run);
      const at = { epoch, batch: count - 1, batches: count, size };
      const evaluated = await trainer.evaluate(
        validation,
        batchSize,
        "val_",
        async (loss, place, plan, targets) => {
          if (run.reason === null) await list.call("onNonFiniteLoss", at, loss, run);
          if (run.reason !== null) return;
          const where = `val_loss became ${loss} in epoch ${epoch + 1}, ${place}`;
          throw notFinite(where, whyNotFinite(plan, INFERENCE, targets));
        },
      );
      Object.assign(logs, evaluated);
      await list.call("onValidationEnd", epoch, run);
    }
    model.progress = { epoch: epoch + 1, batch: 0 };
    await list.call("onEpochEnd", epoch, logs, run);
    await list.call("onCheckpoint", epoch, logs, run);
    result.epochs.push(epoch);
    for (const [name, value] of Object.entries(logs)) (result.history[name] ??= []).push(value);
    return true;
  };

  let complete = true;
  for (let epoch = initialEpoch; epoch < epochs && complete; epoch++) {
    complete = !ends() && await runEpoch(epoch, epoch === initialEpoch ? initialBatch : 0);
  }
  if (!complete) result.stopped = model.progress;
  if (run.reason !== null) result.reason = run.reason;
  await list.call("onTrainEnd", run);
  return result;
}

/** A batch's part in its step. */
function partOf(
  batch: number,
  before: number,
  { accumulate, count, batchSize, size }: Record<
    "accumulate" | "count" | "batchSize" | "size",
    number
  >,
): Part {
  const first = batch - batch % accumulate, end = Math.min(first + accumulate, count);
  const of = Math.min(end * batchSize, size) - first * batchSize;
  return { of, before, last: batch === end - 1 };
}

function notFinite(where: string, { found, advice }: Cause): DeconvError {
  return new DeconvError(`Training stopped: ${where}: ${found}; ${advice}`);
}
