import { ACTIVATION_CONVERTERS } from "./convert_activation.ts";
import { ARITHMETIC } from "./convert_arithmetic.ts";
import { CONVOLUTIONS } from "./convert_conv.ts";
import { MERGES } from "./convert_dense.ts";
import { NORMALIZATIONS } from "./convert_norm.ts";
import { PARTS } from "./convert_parts.ts";
import { POOLS } from "./convert_pool.ts";
import { REDUCTIONS } from "./convert_reduce.ts";
import { RESIZES } from "./convert_resize.ts";
import { SHAPES } from "./convert_shape.ts";
import { DECODING_OPERATORS } from "./operators_decoding.ts";
import { GRID_OPERATORS } from "./operators_grids.ts";
import { MOVE_OPERATORS } from "./operators_moves.ts";
import { PICTURE_OPERATORS } from "./operators_pictures.ts";
import { SUM_OPERATORS } from "./operators_sums.ts";
import { TRAINING_OPERATORS } from "./operators_training.ts";
import { VALUE_OPERATORS } from "./operators_values.ts";
import type { Converter } from "./site.ts";

const table = (...parts: readonly Record<string, Converter>[]): ReadonlyMap<string, Converter> =>
  new Map(parts.flatMap((part) => Object.entries(part)));

/** Operators as layers. */
export const LAYER_OPERATORS: ReadonlyMap<string, Converter> = table(
  CONVOLUTIONS,
  POOLS,
  NORMALIZATIONS,
  ACTIVATION_CONVERTERS,
  ARITHMETIC,
  MERGES,
  RESIZES,
  SHAPES,
  PARTS,
  REDUCTIONS,
);

/** Operators on arrays. */
export const ARRAY_OPERATORS: ReadonlyMap<string, Converter> = table(
  VALUE_OPERATORS,
  MOVE_OPERATORS,
  SUM_OPERATORS,
  PICTURE_OPERATORS,
  GRID_OPERATORS,
  TRAINING_OPERATORS,
  DECODING_OPERATORS,
);
