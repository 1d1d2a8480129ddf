import { type Dataset, DeconvError, type Logs, trainAdversaries } from "../mod.ts";
import { targetOf } from "../core/presets/preset.ts";
import type { Start } from "./run.ts";

/** What is told while a run learns. */
export interface Listener {
  /** Stops the run after the batch at hand. */
  readonly signal: AbortSignal;
  /** After a batch: things done of all in this epoch, and the losses so far. */
  batch(epoch: number, done: number, total: number, logs: Logs): void;
  /** Between two batches of an epoch, when the model may be saved. */
  between(): void | Promise<void>;
  /** After an epoch, validation included. */
  epoch(epoch: number, logs: Logs): Promise<void>;
}

/** A run whose weights are no numbers any more is not saved over one that was good. */
function expectFinite(logs: Logs, epoch: number): void {
  const wrong = Object.keys(logs).find((name) => !Number.isFinite(logs[name]));
  if (wrong === undefined) return;
  throw new DeconvError(
    `Training stopped: ${wrong} became ${logs[wrong]} in epoch ${
      epoch + 1
    }; try a smaller --learning-rate`,
  );
}

/** Trains to the end, or until somebody stops it. Returns where it was stopped. */
export async function learn(
  start: Start,
  listener: Listener,
): Promise<{ epoch: number; batch: number } | undefined> {
  const { model, run, data: { train, test }, preset } = start;
  const options = {
    epochs: run.epochs,
    batchSize: run.batchSize,
    seed: run.seed,
    initialEpoch: model.progress.epoch,
    initialBatch: model.progress.batch,
    signal: listener.signal,
  };
  // After the last batch of an epoch comes the end of the epoch.
  const between = ({ batch, batches }: { batch: number; batches: number }) =>
    batch + 1 < batches ? listener.between() : undefined;
  const done = ({ batch, size }: { batch: number; size: number }) => batch * run.batchSize + size;
  const epochEnd = async (epoch: number, logs: Logs) => {
    expectFinite(logs, epoch);
    model.progress = { epoch: epoch + 1, batch: 0 };
    await listener.epoch(epoch, logs);
  };
  if (start.discriminator) {
    const stopped = await trainAdversaries(
      { generator: model, discriminator: start.discriminator },
      train,
      {
        ...options,
        onBatchEnd: (at, logs) => {
          model.progress = { epoch: at.epoch, batch: at.batch + 1 };
          listener.batch(at.epoch, done(at), train.size, { ...logs });
          return between(at);
        },
        onEpochEnd: (epoch, logs) => epochEnd(epoch, { ...logs }),
      },
    );
    model.progress = stopped ?? model.progress;
    return stopped;
  }
  const { stopped } = await model.fitDataset(train, {
    ...options,
    target: targetOf(preset, train),
    validation: test,
    onBatchEnd: (at, logs) => {
      listener.batch(at.epoch, done(at), train.size, logs);
      return between(at);
    },
    onEpochEnd: epochEnd,
  });
  return stopped;
}

/** Words for what a dataset holds: pictures, sounds or texts. */
export function thingsIn({ shape }: Dataset): string {
  return ["texts", "sounds", "pictures"][shape.length - 1] ?? "samples";
}
