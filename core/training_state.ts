/**
 * How a model was being trained, as JSON and tensors of a saved file: optimizers, losses, metrics,
 * progress and what callbacks keep. Reading it trusts nothing: files come from anywhere.
 */
import type { CallbackState } from "./callbacks/callback.ts";
import type { CallbackStates } from "./callbacks/list.ts";
import { type Json, list, record, text, wholeNumbers } from "./json.ts";
import type { Loss } from "./losses.ts";
import type { Metric } from "./metrics.ts";
import type { Model } from "./model.ts";
import type { Optimizer } from "./optimizer.ts";
import { makeOptimizer } from "./optimizers.ts";
import type { Shape, Tensor } from "./tensor.ts";

/** A tensor of an optimizer, as it is called in the file. */
const slotTensor = (parameter: string, slot: string) => `optimizer/${parameter}/${slot}`;

/** A tensor of a callback. */
const callbackTensor = (callback: string, name: string) => `callbacks/${callback}/${name}`;

/** The JSON of how a model was being trained; null when it was not. Hands over the tensors that belong to it. */
export function writeTraining(model: Model, keep: (name: string, tensor: Tensor) => void): Json {
  const { compiled, progress } = model;
  if (!compiled) return null;
  const { optimizer, optimizers, losses, weights, metrics } = compiled;
  for (const parameter of model.parameters.filter(({ learned }) => learned)) {
    const own = optimizers.of(parameter);
    if (!own.iterations) continue;
    own.slots(parameter).forEach(({ view }, i) => {
      const name = slotTensor(parameter.name, own.slotNames[i]);
      keep(name, { shape: parameter.shape, data: view.slice() });
    });
  }
  const states = Object.entries(model.callbackStates());
  for (const [callback, { tensors = {} }] of states) {
    for (const [name, tensor] of Object.entries(tensors)) {
      keep(callbackTensor(callback, name), tensor);
    }
  }
  return {
    optimizer: optimizer.config,
    iterations: optimizer.iterations,
    layerOptimizers: [...optimizers.byPattern].map(([layers, { config, iterations }]) => ({
      layers,
      optimizer: config,
      iterations,
    })),
    loss: losses as unknown as Json, // of a loss of one's own JSON keeps the name
    lossWeights: [...weights],
    metrics: metrics.map((configs) => [...configs]),
    callbacks: states.map(([name, { values, tensors = {} }]) => ({
      name,
      values,
      tensors: Object.entries(tensors).map(([key, { shape }]) => ({ name: key, shape })),
    })),
    ...progress,
  };
}

/**
 * Compiles a model as it was compiled and lets it go on where it stood.
 *
 * @param tensorOf Gives the float32 tensor of this name and shape, or throws.
 * @throws {DeconvError} When anything in it is malformed or missing.
 */
export function restoreTraining(
  model: Model,
  json: unknown,
  tensorOf: (name: string, shape: Shape) => Tensor,
): void {
  const training = record(json, "its training");
  const [epoch, batch] = wholeNumbers(
    [training.epoch, training.batch],
    "the progress of training",
  );
  const optimizer = readOptimizer(training);
  // Files of before layers had optimizers of their own, or callbacks a state, have no such lists.
  const others = list(training.layerOptimizers ?? [], "layerOptimizers").map((value) => {
    const other = record(value, "a layer's optimizer");
    return [text(other.layers, "layers of an optimizer"), readOptimizer(other)] as const;
  });
  model.compile({
    optimizer,
    layerOptimizers: Object.fromEntries(others),
    loss: list(training.loss, "loss") as Loss[],
    lossWeights: list(training.lossWeights, "lossWeights") as number[],
    metrics: list(training.metrics, "metrics") as Metric[][],
  });
  model.progress = { epoch, batch };
  const states = readCallbacks(training.callbacks ?? [], tensorOf);
  model.callbackStates = () => states;
  const { optimizers } = model.compiled!;
  for (const own of optimizers.all.filter(({ iterations }) => iterations)) {
    const parameters = model.parameters.filter((parameter) =>
      parameter.learned && optimizers.of(parameter) === own
    );
    own.prepare(parameters);
    for (const parameter of parameters) {
      const states = own.slotNames.map((slot) =>
        tensorOf(slotTensor(parameter.name, slot), parameter.shape)
      );
      own.slots(parameter).forEach((slot, i) => slot.view.set(states[i].data));
    }
  }
}

/** An optimizer and how many steps it has taken. */
function readOptimizer({ optimizer, iterations }: Record<string, unknown>): Optimizer {
  const { kind, ...options } = record(optimizer, "the optimizer");
  const made = makeOptimizer(text(kind, "the optimizer's kind"), options);
  [made.iterations] = wholeNumbers([iterations], "the progress of training");
  return made;
}

function readCallbacks(
  json: unknown,
  tensorOf: (name: string, shape: Shape) => Tensor,
): CallbackStates {
  return Object.fromEntries(
    list(json, "callbacks").map((state) => {
      const { name, values, tensors } = record(state, "a callback");
      const callback = text(name, "a callback's name");
      const read = list(tensors, "a callback's tensors").map((value) => {
        const { name, shape } = record(value, "a callback's tensor");
        const key = text(name, "a callback's tensor's name");
        return [key, tensorOf(callbackTensor(callback, key), wholeNumbers(shape, "a shape"))];
      });
      const kept = record(values, "a callback's values") as CallbackState["values"];
      return [callback, { values: kept, tensors: Object.fromEntries(read) }];
    }),
  );
}
