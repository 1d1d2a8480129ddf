import {
  categoricalCrossentropy,
  cosineSimilarity,
  klDivergence,
  sparseCategoricalCrossentropy,
} from "./categorical.ts";
import { custom } from "./custom.ts";
import {
  binaryCrossentropy,
  hinge,
  huber,
  mae,
  mse,
  squaredHinge,
  wasserstein,
} from "./elementwise.ts";
import { categoricalFocal, focal } from "./focal.ts";
import { dice, ssim, totalVariation } from "./pictures.ts";
import type { LossConfig, LossKind } from "./loss.ts";

/** Losses that have a name, in the order of messages. */
export const LOSS_KINDS: ReadonlyMap<string, LossKind> = new Map(
  [
    binaryCrossentropy,
    categoricalCrossentropy,
    sparseCategoricalCrossentropy,
    mse,
    mae,
    huber,
    focal,
    categoricalFocal,
    klDivergence,
    cosineSimilarity,
    hinge,
    squaredHinge,
    wasserstein,
    dice,
    ssim,
    totalVariation,
  ].map((kind) => [kind.kind, kind]),
);

/** What a loss that is no sum is. */
export function kindOf({ kind }: LossConfig): LossKind {
  return LOSS_KINDS.get(kind) ?? custom;
}
