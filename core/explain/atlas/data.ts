/** An atlas as data: what sets off each unit of a network. */
import type { Shape } from "../../tensor.ts";
import type { Rectangle } from "../receptive_field.ts";

/** A picture that sets a unit off. */
export interface AtlasPatch {
  /** Number of the picture in the dataset. */
  readonly picture: number;
  /** The unit's strongest activation in it. */
  readonly value: number;
  /** Where that is in the layer: `[row, column]`, `[position]` of signals, `[]` of vectors. */
  readonly at: readonly number[];
  /** What the unit sees of the picture there; null where it sees nothing. */
  readonly patch: Rectangle | null;
}

/** A unit (channel) of a layer. */
export interface AtlasUnit {
  /** Its number. */
  readonly unit: number;
  /** The mean of the strongest activations. */
  readonly mean: number;
  /** How many pictures set it off: their strongest activation is above 0. */
  readonly active: number;
  /** The weakest of the pictures' strongest activations; null where no picture was seen. */
  readonly lowest: number | null;
  /** Whether no picture sets it off, or all do alike. */
  readonly dead: boolean;
  /** For each class the sum over its pictures of their strongest activation, where above 0. */
  readonly classes: readonly number[];
  /** The strongest pictures, strongest first; fewer than `top` where no more set it off. */
  readonly strongest: readonly AtlasPatch[];
}

/** The units of a layer. */
export interface AtlasLayer {
  /** Name of the layer. */
  readonly layer: string;
  /** Names of the layers that make its features: the one with the weights first, the layer itself last. */
  readonly made: readonly string[];
  /** Kind of the one with the weights. */
  readonly kind: string;
  /** Shape of what it makes, without the batch. */
  readonly shape: Shape;
  /** The largest part of a picture that a unit sees. */
  readonly sees: { readonly height: number; readonly width: number };
  /** Its units. */
  readonly units: readonly AtlasUnit[];
}

/** What sets off each unit of a network. */
export interface Atlas {
  /** Name of the network. */
  readonly model: string;
  /** Name of the dataset. */
  readonly dataset: string;
  /** Pictures in the dataset. */
  readonly size: number;
  /** Pictures that were looked at: the first so many. */
  readonly pictures: number;
  /** Pictures kept of each unit. */
  readonly top: number;
  /** Names of the classes. */
  readonly classNames?: readonly string[];
  /** Pictures of each class that were looked at; empty where there are no classes. */
  readonly classCounts: readonly number[];
  /** The layers. */
  readonly layers: readonly AtlasLayer[];
}
