/** What a method of explanation is. */
import type { Model } from "../model.ts";
import type { Tensors } from "../network.ts";
import type { Tensor } from "../tensor.ts";
import type { ExplainOptions } from "./gradient.ts";

/** A method: it says for every number of what explains how much it has to do with the target. */
export type Method = (model: Model, x: Tensors, options: ExplainOptions) => Tensor;

/** A map whose sum over a picture should be the difference of the target from that at a reference. */
export interface CompleteMap extends Tensor {
  /** For each picture: the target's value less its value at the reference. */
  readonly differences: readonly number[];
  /** For each picture: the sum of the map less that difference; 0 if the map is complete. */
  readonly gaps: readonly number[];
}

/** A map with what it lacks of being complete. */
export function completeMap(map: Tensor, differences: readonly number[]): CompleteMap {
  const width = map.data.length / differences.length;
  const gaps = differences.map((difference, picture) => {
    let sum = 0;
    for (let i = picture * width; i < (picture + 1) * width; i++) sum += map.data[i];
    return sum - difference;
  });
  return { ...map, differences, gaps };
}
