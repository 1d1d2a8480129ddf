import { DeconvError } from "../errors.ts";
import { learningRateAt } from "../schedules.ts";
import { type Callback, stateNumbers } from "./callback.ts";

const NAME = "learningRateScheduler";

/**
 * Sets the learning rate at the start of each epoch. For a rate that changes with every step give the
 * optimizer a schedule. Layers' own optimizers keep theirs. Adds `learning_rate` to the logs. Kept: the
 * epoch for which it was set, so that it is not set twice.
 *
 * @param schedule Gives the rate of an epoch (from 0), given the rate at the moment.
 * @throws {DeconvError} When it is no function; `fit` throws when it gives no number of at least 0.
 *
 * @example
 * ```ts
 * import { dense, learningRateScheduler, sequential, tensor } from "@deconv/deconv";
 * const net = sequential([dense({ units: 1, inputShape: [1] })]);
 * net.compile({ loss: "mse" });
 * const x = tensor([1, 2], [2, 1]);
 * const halving = learningRateScheduler((epoch, rate) => epoch ? rate / 2 : rate);
 * const { history } = await net.fit(x, x, { epochs: 3, callbacks: [halving] });
 * console.log(history.learning_rate); // 0.001, 0.0005, 0.00025
 * ```
 */
export function learningRateScheduler(
  schedule: (epoch: number, rate: number) => number,
): Callback {
  if (typeof schedule !== "function") {
    throw new DeconvError(`${NAME} needs a function of the epoch and the present rate`);
  }
  let last: number | null = null;
  return {
    name: NAME,
    onTrainBegin: () => void (last = null),
    onEpochBegin: (epoch, { optimizer }) => {
      if (epoch === last) return;
      last = epoch;
      const rate = learningRateAt(optimizer.learningRate, optimizer.iterations);
      optimizer.learningRate = schedule(epoch, rate);
    },
    onEpochEnd: (_epoch, logs, { optimizer }) =>
      void (logs.learning_rate = learningRateAt(optimizer.learningRate, optimizer.iterations)),
    state: () => ({ values: { last } }),
    restore: (state) => void ({ last } = stateNumbers(NAME, state, ["last"])),
  };
}
