import type { Block } from "../block.ts";
import { DeconvError } from "../errors.ts";
import type { Parameter } from "../operation.ts";
import { sameShape } from "../tensor.ts";
import { runtime } from "../wasm/runtime.ts";
import { blend } from "../wasm/weights.ts";
import { type Callback, stateNumbers } from "./callback.ts";

/** Options of `exponentialMovingAverage`. */
export interface ExponentialMovingAverageOptions {
  /** What is left of the average after a step. Default 0.999. */
  decay?: number;
  /** Whether early averages forget faster: by (1 + n) / (10 + n) at step n, where that is less. Default true. */
  warmup?: boolean;
}

const NAME = "exponentialMovingAverage";

/**
 * Averages the learned weights over the steps, average = decay·average + (1 − decay)·w (Polyak & Juditsky
 * 1992), and puts the averages into the model for validation and whatever follows it until the next
 * epoch: checkpoints and best weights are averages. At the end they stay in the model; when a signal
 * stops the run, the weights that training goes on with do. Kept: the averages (or, while they are in
 * the model, the weights), and how many steps there were.
 *
 * @param options decay 0.999, warmup true.
 * @throws {DeconvError} When decay is out of range.
 *
 * @example
 * ```ts
 * import { dense, exponentialMovingAverage, sequential, tensor } from "@deconv/deconv";
 * const net = sequential([dense({ units: 1, inputShape: [1] })]);
 * net.compile({ loss: "mse", optimizer: "sgd" });
 * const x = tensor([1, 2], [2, 1]);
 * await net.fit(x, x, { epochs: 20, callbacks: [exponentialMovingAverage({ decay: 0.9 })] });
 * ```
 */
export function exponentialMovingAverage(
  options: ExponentialMovingAverageOptions = {},
): Callback {
  const { decay = 0.999, warmup = true } = options;
  if (!(decay >= 0 && decay < 1)) {
    throw new DeconvError(`decay of ${NAME} must be from 0 to below 1; it is ${decay}`);
  }
  let parameters: readonly Parameter[] = [], others: readonly Block[] = [];
  let steps = 0, iterations = 0, swapped = false;
  /** Changes weights and averages about where they are not yet as wanted. */
  const swap = (wanted: boolean) => {
    if (swapped === wanted) return;
    swapped = wanted;
    parameters.forEach(({ value }, i) => {
      const held = value.view.slice();
      value.view.set(others[i].view);
      others[i].view.set(held);
    });
  };
  return {
    name: NAME,
    onTrainBegin: ({ model, optimizer }) => {
      parameters = model.parameters.filter(({ learned }) => learned);
      others = parameters.map(({ value }) => {
        const block = runtime().allocate(value.length);
        block.view.set(value.view);
        return block;
      });
      steps = 0;
      iterations = optimizer.iterations;
      swapped = false;
    },
    onEpochBegin: () => swap(false),
    onBatchEnd: (_at, _logs, { optimizer }) => {
      // Only some batches end a step where gradients are accumulated.
      if (optimizer.iterations === iterations) return;
      iterations = optimizer.iterations;
      const left = warmup ? Math.min(decay, (1 + steps) / (10 + steps)) : decay;
      steps++;
      parameters.forEach(({ value }, i) => blend(value, 1 - left, others[i]));
    },
    onValidationBegin: () => swap(true),
    onEpochEnd: () => swap(true),
    onTrainEnd: ({ interrupted }) => swap(!interrupted),
    state: () => ({
      values: { steps, swapped: swapped ? 1 : 0 },
      tensors: Object.fromEntries(
        parameters.map(({ name, shape }, i) => [name, { shape, data: others[i].view.slice() }]),
      ),
    }),
    restore: (state) => {
      const numbers = stateNumbers(NAME, state, ["steps", "swapped"]);
      parameters.forEach(({ name, shape }, i) => {
        const saved = state.tensors?.[name];
        if (!saved || !sameShape(saved.shape, shape)) {
          throw new DeconvError(
            `Cannot go on: the saved state of ${NAME} has no average of "${name}"; give initialEpoch: 0 to start anew`,
          );
        }
        others[i].view.set(saved.data);
      });
      steps = numbers.steps ?? 0;
      swapped = numbers.swapped === 1;
      swap(false);
    },
  };
}
