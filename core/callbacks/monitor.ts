import { DeconvError } from "../errors.ts";
import type { Logs } from "../train.ts";
import type { TrainingRun } from "./callback.ts";

/** What a callback watches. */
export interface MonitorOptions {
  /** A name in the logs of an epoch. Default `"val_loss"`. */
  monitor?: string;
  /**
   * Whether smaller (`"min"`) or larger (`"max"`) is better. Default `"auto"`: larger for accuracies, auc,
   * psnr, ssim, scores and the like, smaller for everything else.
   */
  mode?: "auto" | "min" | "max";
  /** A change counts where it is larger than this. */
  minDelta?: number;
}

const LARGER = /acc|auc|psnr|ssim|iou|dice|f1|score|precision|recall|r2|top/i;

/** One value of the logs, and what is better. */
export interface Monitor {
  /** Its name. */
  readonly name: string;
  /** Whether larger is better. */
  readonly larger: boolean;
  /** Fails where the run's logs will not have it. */
  check(run: TrainingRun): void;
  /** Its value. */
  read(logs: Logs): number;
  /** Whether a value is better than another, null being none. */
  better(value: number, than: number | null): boolean;
}

/**
 * Watches a value for a callback.
 *
 * @throws {DeconvError} When an option is wrong.
 */
export function startMonitor(callback: string, options: MonitorOptions): Monitor {
  const { monitor: name = "val_loss", mode = "auto", minDelta = 0 } = options;
  if (mode !== "auto" && mode !== "min" && mode !== "max") {
    throw new DeconvError(`There is no mode "${mode}" of ${callback}; there are auto, min, max`);
  }
  if (!Number.isFinite(minDelta)) {
    throw new DeconvError(`minDelta of ${callback} must be a number; it is ${minDelta}`);
  }
  const larger = mode === "max" || mode === "auto" && LARGER.test(name);
  const margin = Math.abs(minDelta);
  return {
    name,
    larger,
    check({ reports }) {
      if (reports.includes(name)) return;
      const mend = name.startsWith("val_") && reports.includes(name.slice(4))
        ? "; give fit validation data for it"
        : "";
      throw new DeconvError(
        `${callback} cannot monitor "${name}": the run reports ${reports.join(", ")}${mend}`,
      );
    },
    read: (logs) => logs[name],
    better: (value, than) =>
      than === null ? !Number.isNaN(value) : larger ? value - margin > than : value + margin < than,
  };
}

/** Checks that an option is a whole number of at least `least`. */
export function wholeOption(callback: string, name: string, value: number, least: number): number {
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw new DeconvError(
    `${name} of ${callback} must be a whole number of at least ${least}; it is ${value}`,
  );
}
