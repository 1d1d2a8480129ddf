import { DeconvError } from "../errors.ts";
import type { Model } from "../model.ts";
import type { Tensor } from "../tensor.ts";
import { type Callback, stateNumbers, type TrainingRun } from "./callback.ts";
import { type MonitorOptions, startMonitor, wholeOption } from "./monitor.ts";

/** Options of `earlyStopping`. */
export interface EarlyStoppingOptions extends MonitorOptions {
  /** Epochs without an improvement that are put up with. Default 0. */
  patience?: number;
  /** A value that must be beaten for an improvement to reset the patience. Default none. */
  baseline?: number;
  /** Whether the weights of the best epoch come back at the end. Default false. */
  restoreBestWeights?: boolean;
  /** The first epoch that counts, from 0. Default 0. */
  startFromEpoch?: number;
}

const NAME = "earlyStopping";

/** Copies of all parameters, by name. */
function weightsOf(model: Model): Record<string, Tensor> {
  return Object.fromEntries(model.parameters.map(({ name }) => [name, model.getWeights(name)]));
}

/**
 * Ends a run once a value has not improved for `patience` epochs, as in Keras. With
 * `restoreBestWeights` the best epoch's weights come back at the end, but not when a signal stops the
 * run, which is to go on. Kept for that: the best value, its epoch, the epochs waited, and the best
 * weights.
 *
 * @param options monitor `"val_loss"`, minDelta 0, patience 0, mode `"auto"`, no baseline,
 * restoreBestWeights false, startFromEpoch 0.
 * @throws {DeconvError} When an option is wrong; `fit` throws where the value is not reported.
 *
 * @example
 * ```ts
 * import { dense, earlyStopping, sequential, tensor } from "@deconv/deconv";
 * const net = sequential([dense({ units: 1, inputShape: [1] })]);
 * net.compile({ loss: "mse", optimizer: "sgd" });
 * const x = tensor([1, 2, 3, 4], [4, 1]);
 * const { epochs } = await net.fit(x, x, {
 *   epochs: 500,
 *   callbacks: [earlyStopping({ monitor: "loss", patience: 3, minDelta: 1e-3 })],
 * });
 * console.log(epochs.length < 500); // true
 * ```
 */
export function earlyStopping(options: EarlyStoppingOptions = {}): Callback {
  const { baseline, restoreBestWeights = false } = options;
  const monitor = startMonitor(NAME, options);
  const patience = wholeOption(NAME, "patience", options.patience ?? 0, 0);
  const start = wholeOption(NAME, "startFromEpoch", options.startFromEpoch ?? 0, 0);
  if (baseline !== undefined && !Number.isFinite(baseline)) {
    throw new DeconvError(`baseline of ${NAME} must be a number; it is ${baseline}`);
  }
  let best: number | null, bestEpoch: number | null, waited: number;
  let weights: Record<string, Tensor> | null;
  const begin = () => {
    best = bestEpoch = weights = null;
    waited = 0;
  };
  begin();
  const keep = (epoch: number, { model }: TrainingRun) => {
    bestEpoch = epoch;
    if (restoreBestWeights) weights = weightsOf(model);
  };
  return {
    name: NAME,
    onTrainBegin: (run) => {
      monitor.check(run);
      begin();
    },
    onEpochEnd: (epoch, logs, run) => {
      if (epoch < start) return;
      const value = monitor.read(logs);
      if (bestEpoch === null) keep(epoch, run);
      waited++;
      if (monitor.better(value, best)) {
        best = value;
        keep(epoch, run);
        if (baseline === undefined || monitor.better(value, baseline)) waited = 0;
        return;
      }
      if (waited < patience || epoch === 0) return;
      run.stop(
        `${monitor.name} has not improved on ${best ?? "nothing"} since epoch ${bestEpoch! + 1}`,
      );
    },
    onTrainEnd: ({ model, interrupted }) => {
      if (interrupted || !weights) return;
      for (const [name, values] of Object.entries(weights)) model.setWeights(name, values);
      weights = null;
    },
    state: () => ({ values: { best, bestEpoch, waited }, tensors: weights ?? {} }),
    restore: (state, { model }) => {
      const numbers = stateNumbers(NAME, state, ["best", "bestEpoch", "waited"]);
      ({ best, bestEpoch } = numbers);
      waited = numbers.waited ?? 0;
      if (!restoreBestWeights || bestEpoch === null) return;
      // A run that ended has put them into the model.
      const saved = model.parameters.every(({ name }) => state.tensors?.[name]);
      weights = saved ? { ...state.tensors } : weightsOf(model);
    },
  };
}
