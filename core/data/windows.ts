import { DeconvError } from "../errors.ts";

/** Where windows are cut from something long. */
export interface CutOptions {
  /** How long a window is. */
  readonly length: number;
  /** How far apart windows begin. Default 1. */
  readonly stride?: number;
}

/**
 * How many windows fit into `total` places, each with `more` places after it.
 *
 * @throws {DeconvError} When an option is not a whole number from 1, or not one window fits.
 */
export function countWindows(
  total: number,
  { length, stride = 1 }: CutOptions,
  { more = 0, name, unit }: { more?: number; name: string; unit: string },
): number {
  for (const [what, value] of [["length", length], ["stride", stride]] as const) {
    if (Number.isSafeInteger(value) && value >= 1) continue;
    throw new DeconvError(
      `Cannot cut ${name} into windows of ${what} ${value}: give a whole number from 1`,
    );
  }
  const count = Math.floor((total - length - more) / stride) + 1;
  if (count >= 1) return count;
  throw new DeconvError(
    `Cannot cut ${name} into windows of ${length} ${unit}${more ? ` and ${more} after it` : ""}: ` +
      `it has only ${total}`,
  );
}
