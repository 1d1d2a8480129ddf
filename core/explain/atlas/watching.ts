import { input, type Symbolic } from "../../layer.ts";
import { globalMaxPool2d } from "../../layers/global_pool.ts";
import { poolSwitches2d } from "../../layers/pool_switches2d.ts";
import { reshape } from "../../layers/reshape.ts";
import type { Model } from "../../model.ts";
import { model as makeModel } from "../../sequential.ts";
import { sizeOf } from "../../tensor.ts";

/** A value as a picture. */
function asPicture(value: Symbolic): Symbolic {
  const { shape } = value, channels = shape[shape.length - 1];
  if (shape.length === 3) return value;
  return reshape([1, sizeOf(shape) / channels, channels]).apply(value);
}

/**
 * A network as a model that gives, for each of these values, every channel's maximum and its place: two
 * outputs each, `[channels]` and `[1, 1, channels]`. What leads nowhere near them is not computed.
 */
export function watching(whole: Model, values: readonly number[]): Model {
  const { nodes, shapes, inputNames } = whole.graph;
  const made: Symbolic[] = inputNames.map((name, i) => input({ shape: shapes[i], name }));
  const inputs = made.slice();
  for (const { layer, inputs, output } of nodes) {
    made[output] = layer.apply(inputs.map((value) => made[value]));
  }
  const outputs = values.flatMap((value) => {
    const picture = asPicture(made[value]), [height, width] = picture.shape;
    return [
      globalMaxPool2d().apply(picture),
      poolSwitches2d({ poolSize: [height, width] }).apply(picture),
    ];
  });
  const { name, seed, precision } = whole;
  return makeModel({ inputs, outputs }, { name, seed, precision });
}
