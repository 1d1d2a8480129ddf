import type { Callback } from "./callback.ts";

/**
 * Ends a run quietly when a loss is no finite number, the weights being those before that batch.
 * Without it such a loss is an error that says where it was.
 *
 * @example
 * ```ts
 * import { dense, sequential, sgd, tensor, terminateOnNaN } from "@deconv/deconv";
 * const net = sequential([dense({ units: 1, inputShape: [1] })]);
 * net.compile({ loss: "mse", optimizer: sgd({ learningRate: 1e30 }) });
 * const x = tensor([1, 2], [2, 1]), y = tensor([5, 6], [2, 1]);
 * const { reason } = await net.fit(x, y, { epochs: 9, callbacks: [terminateOnNaN()] });
 * console.log(reason); // the loss became …
 * ```
 */
export function terminateOnNaN(): Callback {
  return {
    name: "terminateOnNaN",
    onNonFiniteLoss: ({ epoch, batch }, loss, run) =>
      run.stop(`the loss became ${loss} in epoch ${epoch + 1}, batch ${batch + 1}`),
  };
}
