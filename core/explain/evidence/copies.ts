/** Copies of a network whose weights can be changed without changing the network's own. */
import { readArchitecture, writeArchitecture } from "../../architecture.ts";
import type { Layer } from "../../layer.ts";
import type { Model } from "../../model.ts";
import { model as makeModel } from "../../sequential.ts";

/** The same network as it was before it learned: all parameters from their initialisers. */
export function freshCopy(model: Model, seed: number): Model {
  const { precision } = model;
  return makeModel(readArchitecture(writeArchitecture(model), () => {}), {
    name: model.name,
    seed,
    precision,
  });
}

/** The network with weights of its own. */
export function copyOf(model: Model): Model {
  const copy = freshCopy(model, 0);
  for (const { name } of copy.parameters) copy.setWeights(name, model.getWeights(name));
  return copy;
}

/** Names of the layers with weights, from the output to the input. */
export function layersFromTop({ layers }: Model): string[] {
  const learned = (layer: Layer) => layer.ownParameters.some(({ learned }) => learned);
  return layers.filter(learned).map(({ name }) => name).reverse();
}

/** Gives one layer of a copy the weights it has in another. */
export function copyLayer(from: Model, to: Model, layer: string): void {
  for (const { name } of to.layer(layer).ownParameters) to.setWeights(name, from.getWeights(name));
}
