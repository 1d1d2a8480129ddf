/** The operators that are known: those of `convert_*.ts` as layers, those of `operators_*.ts` on arrays. */
import { ACTIVATION_CONVERTERS } from "./convert_activation.ts";
import { ARITHMETIC_CONVERTERS } from "./convert_arithmetic.ts";
import { CONVOLUTION_CONVERTERS } from "./convert_conv.ts";
import { PRODUCT_CONVERTERS } from "./convert_dense.ts";
import { NORMALIZATION_CONVERTERS } from "./convert_norm.ts";
import { PART_CONVERTERS } from "./convert_parts.ts";
import { POOL_CONVERTERS } from "./convert_pool.ts";
import { REDUCTION_CONVERTERS } from "./convert_reduce.ts";
import { RESIZE_CONVERTERS } from "./convert_resize.ts";
import { SHAPE_CONVERTERS } from "./convert_shape.ts";
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
  CONVOLUTION_CONVERTERS,
  POOL_CONVERTERS,
  NORMALIZATION_CONVERTERS,
  ACTIVATION_CONVERTERS,
  ARITHMETIC_CONVERTERS,
  PRODUCT_CONVERTERS,
  RESIZE_CONVERTERS,
  SHAPE_CONVERTERS,
  PART_CONVERTERS,
  REDUCTION_CONVERTERS,
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
