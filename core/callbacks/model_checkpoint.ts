import { DeconvError } from "../errors.ts";
import { removeFile } from "../file.ts";
import type { Logs } from "../train.ts";
import { type Callback, stateNumbers } from "./callback.ts";
import { type MonitorOptions, startMonitor, wholeOption } from "./monitor.ts";

/** Options of `modelCheckpoint`. */
export interface ModelCheckpointOptions extends MonitorOptions {
  /**
   * Where to save. `{epoch}` stands for the epoch, counted from 1, `{val_loss}` and the like for what the
   * logs have; `{epoch:3}` has at least three digits, `{loss:2}` two decimals (default 4).
   */
  path: string;
  /** Whether only an improvement of the monitored value is saved. Default false. */
  saveBestOnly?: boolean;
  /** Saves after every so many epochs. Default 1. */
  every?: number;
  /** How many files stay; older ones are removed. Default all. */
  keep?: number;
  /** Strings to keep in the files. */
  metadata?: Record<string, string>;
}

const NAME = "modelCheckpoint";
const PLACE = /\{(\w+)(?::(\d+))?\}/g;

/** A path with its places filled in. */
function fill(path: string, epoch: number, logs: Logs): string {
  return path.replace(PLACE, (_, name: string, digits?: string) => {
    if (name === "epoch") return `${epoch + 1}`.padStart(Number(digits ?? 1), "0");
    return logs[name].toFixed(Number(digits ?? 4));
  });
}

/**
 * Saves the model after epochs, each file whole or not at all and complete with what a run needs to go
 * on. Give it after callbacks that add to the logs. Kept: the best value and the files it has written.
 *
 * @param options monitor `"val_loss"` and mode `"auto"` (with saveBestOnly), saveBestOnly false, every
 * 1, keep all.
 * @throws {DeconvError} When an option is wrong; `fit` throws when the file cannot be written, or the
 * value or a name in the path is not reported.
 *
 * @example
 * ```ts ignore
 * import { modelCheckpoint } from "@deconv/deconv";
 * await net.fit(x, y, {
 *   epochs: 50,
 *   validationData: [vx, vy],
 *   callbacks: [modelCheckpoint({ path: "best-{epoch:3}.safetensors", saveBestOnly: true, keep: 2 })],
 * });
 * ```
 */
export function modelCheckpoint(options: ModelCheckpointOptions): Callback {
  const { path, saveBestOnly = false, keep, metadata } = options;
  if (typeof path !== "string" || !path) {
    throw new DeconvError(`${NAME} needs a path, such as "model-{epoch}.safetensors"`);
  }
  const monitor = startMonitor(NAME, options);
  const every = wholeOption(NAME, "every", options.every ?? 1, 1);
  if (keep !== undefined) wholeOption(NAME, "keep", keep, 1);
  let best: number | null = null, next: string | null = null;
  let files: string[] = [], old: string[] = [];
  return {
    name: NAME,
    onTrainBegin: (run) => {
      if (saveBestOnly) monitor.check(run);
      const known = [...run.reports, "epoch", "learning_rate"];
      for (const [, name] of path.matchAll(PLACE)) {
        if (known.includes(name)) continue;
        throw new DeconvError(
          `The path of ${NAME} has {${name}}, which is not reported; there are ${known.join(", ")}`,
        );
      }
      best = null;
      files = [];
    },
    // What is to be saved is settled before anything is: files of several know of each other.
    onEpochEnd: (epoch, logs) => {
      next = null;
      if ((epoch + 1) % every) return;
      if (saveBestOnly) {
        const value = monitor.read(logs);
        if (!monitor.better(value, best)) return;
        best = value;
      }
      const file = next = fill(path, epoch, logs);
      files = [...files.filter((other) => other !== file), file];
      old = keep === undefined ? [] : files.splice(0, Math.max(0, files.length - keep));
    },
    onCheckpoint: async (_epoch, _logs, { model }) => {
      if (next === null) return;
      await model.save(next, metadata);
      for (const other of old) await removeFile(other);
    },
    state: () => ({ values: { best, files: [...files] } }),
    restore: (state) => {
      ({ best } = stateNumbers(NAME, state, ["best"]));
      // Files named in a file are removed only where this run's own path could have made them.
      const parts = path.split(/\{\w+(?::\d+)?\}/).map((part) =>
        part.replace(/[.+?^${}()|[\]\\*]/g, "\\$&")
      );
      const own = new RegExp(`^${parts.join("[\\w.-]+")}$`);
      const named = Array.isArray(state.values.files) ? state.values.files as unknown[] : [];
      files = named.filter((file): file is string => typeof file === "string" && own.test(file));
    },
  };
}
