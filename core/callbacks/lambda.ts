import type { Callback } from "./callback.ts";

/**
 * A callback of your own functions.
 *
 * @param hooks Any of `Callback`'s hooks; `name` where there are several with a state.
 *
 * @example
 * ```ts
 * import { dense, lambdaCallback, sequential, tensor } from "@deconv/deconv";
 * const net = sequential([dense({ units: 1, inputShape: [1] })]);
 * net.compile({ loss: "mse" });
 * const enough = lambdaCallback({
 *   onEpochEnd: (epoch, logs, run) => {
 *     if (epoch === 2) run.stop("three are enough");
 *   },
 * });
 * const x = tensor([1, 2], [2, 1]);
 * const { epochs } = await net.fit(x, x, { epochs: 100, callbacks: [enough] });
 * console.log(epochs); // 0, 1, 2
 * ```
 */
export function lambdaCallback(hooks: Partial<Callback>): Callback {
  return { name: "lambda", ...hooks };
}
