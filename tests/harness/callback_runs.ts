/** Runs for tests of callbacks: a classifier, its data, and training with validation. */

import { adam, type Callback, type FitOptions, lambdaCallback, type Model } from "../../mod.ts";
import { classifier, labelled } from "./small_nets.ts";

/** The loss of the runs. */
export const loss = "sparse_categorical_crossentropy";

/** What they train on. */
export const { x, labels } = labelled(20);

const validation = labelled(8, 9);

/** A classifier, ready to train. */
export function compiled(optimizer = adam({ learningRate: 5e-3 })): Model {
  const net = classifier();
  net.compile({ loss, optimizer, metrics: ["accuracy"] });
  return net;
}

/** Trains by batches of 8 and validates each epoch. */
export const fit = (net: Model, options: FitOptions) =>
  net.fit(x, labels, {
    batchSize: 8,
    validationData: [validation.x, validation.labels],
    ...options,
  });

/** Puts made-up numbers into the logs, before other callbacks see them. */
export const logged = (name: string, values: readonly number[]): Callback =>
  lambdaCallback({ onEpochEnd: (epoch, logs) => void (logs[name] = values[epoch]) });
