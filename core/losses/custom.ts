import { DeconvError } from "../errors.ts";
import type { Tensor } from "../tensor.ts";
import type { LossConfig, LossKind } from "./loss.ts";

/**
 * A loss of one's own: any function of an output and its targets, with its gradient.
 *
 * What it is given are views of the model's memory: read them, but neither change nor keep them. A
 * saved model keeps the name only; compile it again with the loss to train it further.
 *
 * @example A smooth absolute error (Charbonnier et al. 1994)
 * ```ts
 * import { type CustomLoss, dense, sequential, tensor } from "@deconv/deconv";
 * const charbonnier: CustomLoss = {
 *   name: "charbonnier",
 *   loss: ({ data: y }, { data: t }) =>
 *     y.reduce((sum, v, i) => sum + Math.sqrt((v - t[i]) ** 2 + 1e-6), 0) / y.length,
 *   gradient: ({ data: y }, { data: t }) =>
 *     y.map((v, i) => (v - t[i]) / Math.sqrt((v - t[i]) ** 2 + 1e-6) / y.length),
 * };
 * const net = sequential([dense({ units: 1, inputShape: [1] })]);
 * net.compile({ loss: charbonnier, optimizer: "sgd" });
 * console.log(net.trainOnBatch(tensor([1], [1, 1]), tensor([2], [1, 1])) > 0); // true
 * ```
 */
export interface CustomLoss {
  /** What to call it in logs, messages and saved models. */
  readonly name: string;
  /** The loss of a batch, which is its mean over the pictures. */
  loss(output: Tensor, target: Tensor): number;
  /** The gradient of `loss` with respect to the output: as many numbers as that has. */
  gradient(output: Tensor, target: Tensor): ArrayLike<number>;
}

/** Whether something given as a loss is one's own, or the name that a file kept of one. */
export function isCustom(given: object): given is CustomLoss {
  return "loss" in given || (given as { kind?: unknown }).kind === "custom";
}

/**
 * Checks a loss of one's own.
 *
 * @throws {DeconvError} When it has no name or lacks a function; both may be missing after loading.
 */
export function customConfig({ name, loss, gradient }: CustomLoss): LossConfig {
  if (typeof name !== "string" || !name) {
    throw new DeconvError("A loss of your own needs a name");
  }
  const loaded = loss === undefined && gradient === undefined;
  if (!loaded && (typeof loss !== "function" || typeof gradient !== "function")) {
    throw new DeconvError(`The loss "${name}" needs two functions, loss and gradient`);
  }
  return { kind: "custom", name, loss, gradient };
}

/** Losses of one's own. */
export const custom: LossKind = {
  kind: "custom",
  defaults: {},
  compute: (config, { shape, output, target, gradient, weight }) => {
    const { name, loss, gradient: slope } = config as unknown as CustomLoss;
    if (!loss) {
      throw new DeconvError(
        `The model was trained with a loss of your own, "${name}", which its file cannot hold: compile it again with that loss (optimizer: model.compiled.optimizer keeps the optimizer's state)`,
      );
    }
    const y = { shape, data: output.view }, t = { shape, data: target.view };
    if (gradient) {
      const values = slope(y, t), to = gradient.view;
      if (values.length !== to.length) {
        throw new DeconvError(
          `The gradient of the loss "${name}" has ${values.length} values for an output of ${to.length}`,
        );
      }
      for (let i = 0; i < to.length; i++) to[i] = weight * values[i];
    }
    return loss(y, t);
  },
};
