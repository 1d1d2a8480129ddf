import { categoricalCrossentropy, sparseCategoricalCrossentropy } from "./categorical.ts";
import { custom } from "./custom.ts";
import { binaryCrossentropy, huber, mae, mse } from "./elementwise.ts";
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
  ].map((kind) => [kind.kind, kind]),
);

/** What a loss that is no sum is. */
export function kindOf({ kind }: LossConfig): LossKind {
  return LOSS_KINDS.get(kind) ?? custom;
}
