import { DeconvError } from "../errors.ts";
import type { Optimizer } from "../optimizer.ts";
import { type Callback, stateNumbers } from "./callback.ts";
import { type MonitorOptions, startMonitor, wholeOption } from "./monitor.ts";

/** Options of `reduceLROnPlateau`. */
export interface ReduceLROnPlateauOptions extends MonitorOptions {
  /** What the rate is multiplied by. Default 0.1. */
  factor?: number;
  /** Epochs without an improvement that are put up with. Default 10. */
  patience?: number;
  /** Epochs after a reduction that do not count. Default 0. */
  cooldown?: number;
  /** The rate never gets below this. Default 0. */
  minLearningRate?: number;
}

const NAME = "reduceLROnPlateau";

function rateOf({ learningRate, kind }: Optimizer): number {
  if (typeof learningRate === "number") return learningRate;
  throw new DeconvError(
    `${NAME} cannot change the learning rate of ${kind}, which is a schedule: give the optimizer a number`,
  );
}

/**
 * Lowers the learning rate of every optimizer when a value has not improved for `patience` epochs, as
 * in Keras. Adds `learning_rate` to the logs. Kept: the best value, the epochs waited, those left to
 * cool down.
 *
 * @param options monitor `"val_loss"`, factor 0.1, patience 10, mode `"auto"`, minDelta 1e-4, cooldown
 * 0, minLearningRate 0.
 * @throws {DeconvError} When an option is wrong; `fit` throws where the value is not reported or the
 * learning rate is a schedule.
 *
 * @example
 * ```ts
 * import { dense, reduceLROnPlateau, sequential, tensor } from "@deconv/deconv";
 * const net = sequential([dense({ units: 1, inputShape: [1] })]);
 * net.compile({ loss: "mse" });
 * const x = tensor([1, 2], [2, 1]);
 * const callbacks = [reduceLROnPlateau({ monitor: "loss", patience: 2, minDelta: 10 })];
 * const { history } = await net.fit(x, x, { epochs: 4, callbacks });
 * console.log(history.learning_rate); // 0.001, 0.001, 0.001, 0.0001
 * ```
 */
export function reduceLROnPlateau(options: ReduceLROnPlateauOptions = {}): Callback {
  const { factor = 0.1, minLearningRate = 0 } = options;
  const monitor = startMonitor(NAME, { minDelta: 1e-4, ...options });
  const patience = wholeOption(NAME, "patience", options.patience ?? 10, 0);
  const cooldown = wholeOption(NAME, "cooldown", options.cooldown ?? 0, 0);
  if (!(factor >= 0 && factor < 1)) {
    throw new DeconvError(`factor of ${NAME} must be from 0 to below 1; it is ${factor}`);
  }
  if (!(minLearningRate >= 0)) {
    throw new DeconvError(
      `minLearningRate of ${NAME} must be a number of at least 0; it is ${minLearningRate}`,
    );
  }
  let best: number | null = null, waited = 0, cooling = 0;
  return {
    name: NAME,
    onTrainBegin: (run) => {
      monitor.check(run);
      run.optimizers.forEach(rateOf);
      best = null;
      waited = cooling = 0;
    },
    onEpochEnd: (_epoch, logs, { optimizer, optimizers }) => {
      logs.learning_rate = rateOf(optimizer);
      const value = monitor.read(logs);
      if (cooling) {
        cooling--;
        waited = 0;
      }
      if (monitor.better(value, best)) {
        best = value;
        waited = 0;
        return;
      }
      if (cooling || ++waited < patience) return;
      for (const each of optimizers) {
        const rate = rateOf(each);
        if (rate > minLearningRate) each.learningRate = Math.max(rate * factor, minLearningRate);
      }
      cooling = cooldown;
      waited = 0;
    },
    state: () => ({ values: { best, waited, cooling } }),
    restore: (state) => {
      const numbers = stateNumbers(NAME, state, ["best", "waited", "cooling"]);
      best = numbers.best;
      waited = numbers.waited ?? 0;
      cooling = numbers.cooling ?? 0;
    },
  };
}
