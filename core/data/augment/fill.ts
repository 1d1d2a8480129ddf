import { checkChoice, checkNumber } from "./transformation.ts";

/**
 * What stands beyond the edges of a picture: a `"constant"`, the picture mirrored at its outermost
 * pixels (`"reflect"`: `c b | a b c | b a`), or those pixels again (`"edge"`: `a a | a b c | c c`).
 */
export type FillMode = "constant" | "reflect" | "edge";

/** What transformations that move pixels take. */
export interface FillOptions {
  /** What stands beyond the edges. */
  readonly fillMode?: FillMode;
  /** The constant of pictures. Default 0. */
  readonly fillValue?: number;
  /** The constant of masks. Default 0. */
  readonly maskValue?: number;
}

/** {@linkcode FillOptions}, all given. */
export type Fill = Required<FillOptions>;

/**
 * Completes and checks what stands beyond the edges.
 *
 * @throws {DeconvError} When the mode is unknown or a value is not a number.
 */
export function fillOf(kind: string, options: FillOptions, fillMode: FillMode): Fill {
  const fill: Fill = {
    fillMode: options.fillMode ?? fillMode,
    fillValue: options.fillValue ?? 0,
    maskValue: options.maskValue ?? 0,
  };
  checkChoice(kind, "fillMode", fill.fillMode, ["constant", "reflect", "edge"]);
  checkNumber(kind, "fillValue", fill.fillValue);
  checkNumber(kind, "maskValue", fill.maskValue);
  return fill;
}

/** Which of the pixels 0 … size-1 of a line stands at `place`; -1 is the constant. */
export function foldPlace(place: number, size: number, mode: FillMode): number {
  if (place >= 0 && place < size) return place;
  if (mode === "constant") return -1;
  if (mode === "edge" || size === 1) return place < 0 ? 0 : size - 1;
  const period = 2 * (size - 1), folded = ((place % period) + period) % period;
  return folded < size ? folded : period - folded;
}
