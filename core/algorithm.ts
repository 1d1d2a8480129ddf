import { costOf, fillingCost } from "./cost.ts";
import type { Purpose } from "./work.ts";
import { tapCount, type TapTable } from "./taps.ts";

/**
 * Ways to compute a pass over pixels. `depthwise`: one channel a group. `im2col`: source pixels are
 * copied into a column tile, then a matrix product. `indirect`: the same product reading pixels in
 * place. `winograd`: fewer multiplications, for 3x3 and 2x2 taps. `scatter`: one product of all source
 * pixels with all taps, whose values each output pixel then gathers. `planar`: channels are made planes,
 * so that vectors run along the pixels. `interleaved`: each value of many pictures lies together, so that
 * vectors run along the pictures.
 */
export type Algorithm =
  | { kind: "depthwise" }
  | { kind: "im2col" }
  | { kind: "indirect" }
  | { kind: "scatter" }
  | { kind: "planar" }
  | { kind: "interleaved" }
  | { kind: "winograd"; variant: WinogradVariant; tables: readonly TapTable[] };

/** F(m×m, r×r): m² outputs of r² taps from (m+r−1)² products. */
export type WinogradVariant = "F43" | "F23" | "F42";

/**
 * How exact convolutions are. `"fast"` may use Winograd's F(4x4), whose relative error is about 1e-6
 * to 5e-6; `"precise"` keeps to F(2x2) and direct sums, about 4e-7.
 */
export type Precision = "fast" | "precise";

/** Outputs and taps along an axis. */
export const WINOGRAD: Record<WinogradVariant, { outputs: number; taps: number }> = {
  F43: { outputs: 4, taps: 3 },
  F23: { outputs: 2, taps: 3 },
  F42: { outputs: 4, taps: 2 },
};

/** Ways to make outputs are chosen as for so many pictures, whatever their number. */
const PICTURES = 64;
/** Ways to compute a table by itself, and ways that take all tables of a pass together. */
const ALONE = ["im2col", "indirect", "planar"] as const;
const TOGETHER = ["scatter", "depthwise", "interleaved"] as const;
/** Ways that add up the same products in the same order: which it is may depend on the number of pictures. */
const ALIKE = ["planar", "interleaved"] as const;
/** Below so many channels transforms cost more than they save. */
const FEWEST_CHANNELS = 16;
/** Below so many tiles transforming the kernel costs more than it saves. */
const FEWEST_TILES = 16;
/** Multiplications that must be saved for the transforms to pay. */
const LEAST_GAIN = 1.4;

/**
 * Chooses how to compute each table of a pass: the Winograd variant that saves most where one fits and pays,
 * else what costs least (cost.ts); or all in one way that takes them together, where that costs less than
 * their sum. The number of pictures has no say in outputs: a picture comes out the same alone and among
 * others.
 *
 * @param purpose Whether the tables' outputs are wanted, or the kernel's gradient, a sum over them.
 */
export function chooseAlgorithms(
  tables: readonly TapTable[],
  precision: Precision,
  purpose: Purpose,
): Algorithm[] {
  const usual = purpose === "kernel"
    ? tables
    : tables.map((table) => ({ ...table, pictures: PICTURES }));
  const alone = tables.map((table, i) => chooseAlone(table, usual[i], precision, purpose));
  const together = TOGETHER
    .map((kind) => ({ kind, cost: costOf(kind, usual, purpose) }))
    .reduce((least, other) => other.cost < least.cost ? other : least);
  const apart = together.cost >= alone.reduce((sum, { cost }) => sum + cost, fillingCost(usual));
  const kinds = apart
    ? alone.map(({ algorithm }) => algorithm)
    : tables.map((table) => withTaps(table, together.kind));
  const alike = kinds.every(({ kind }, i) =>
    kind === "planar" || kind === "interleaved" || !tapCount(tables[i])
  );
  return alike ? chooseAlike(tables, purpose) : kinds;
}

/** Over planes or pictures interleaved, whichever costs less for their number. */
function chooseAlike(tables: readonly TapTable[], purpose: Purpose): Algorithm[] {
  const [planar, interleaved] = ALIKE.map((kind) => costOf(kind, tables, purpose));
  return tables.map((table) => withTaps(table, planar <= interleaved ? "planar" : "interleaved"));
}

/** The way `kind`, but where there are no taps. */
function withTaps(table: TapTable, kind: Exclude<Algorithm["kind"], "winograd">): Algorithm {
  return { kind: tapCount(table) ? kind : "depthwise" };
}

/**
 * How to compute a table by itself, judged by `usual`, and what that costs: nothing where Winograd's way is
 * sure to be best.
 */
function chooseAlone(
  table: TapTable,
  usual: TapTable,
  precision: Precision,
  purpose: Purpose,
): { algorithm: Algorithm; cost: number } {
  // Without taps (a phase that a stride larger than the kernel leaves out) only the bias is written.
  if (!tapCount(table)) return { algorithm: { kind: "depthwise" }, cost: 0 };
  const variants = Object.keys(WINOGRAD) as WinogradVariant[];
  const best = variants
    .filter((variant) => precision === "fast" || WINOGRAD[variant].outputs === 2)
    .map((variant) => ({ variant, gain: winogradGain(usual, variant) }))
    .sort((a, b) => b.gain - a.gain)[0];
  if (best.gain >= LEAST_GAIN) return { algorithm: winograd(table, best.variant)!, cost: 0 };
  return ALONE
    .map((kind) => ({ algorithm: { kind }, cost: costOf(kind, [usual], purpose) }))
    .reduce((least, other) => other.cost < least.cost ? other : least);
}

/** Winograd's way for a table, if its taps allow it. */
export function winograd(table: TapTable, variant: WinogradVariant): Algorithm | null {
  const tables = polyphase(table);
  const { taps } = WINOGRAD[variant];
  const fit = table.groups === 1 &&
    tables?.every((t) => t.taps[0].length === taps && t.taps[1].length === taps);
  return fit ? { kind: "winograd", variant, tables: tables! } : null;
}

/** How many times fewer multiplications than directly; 0 where the variant does not fit or pay. */
function winogradGain(table: TapTable, variant: WinogradVariant): number {
  const algorithm = winograd(table, variant);
  if (!algorithm) return 0;
  if (Math.min(table.source[2], table.output[2]) < FEWEST_CHANNELS) return 0;
  const { outputs, taps } = WINOGRAD[variant];
  const tiles = winogradTiles(table, variant);
  if (tiles < FEWEST_TILES) return 0;
  const cells = table.pictures * table.grid[0] * table.grid[1];
  return cells * taps ** 2 / (tiles * (outputs + taps - 1) ** 2);
}

/** Tiles of outputs that the grid of a table is covered with. */
export function winogradTiles(table: TapTable, variant: WinogradVariant): number {
  const { outputs } = WINOGRAD[variant];
  const [down, across] = table.grid.map((size) => Math.ceil(size / outputs));
  return table.pictures * down * across;
}

/**
 * Splits a strided table into those of the source's phases, each with evenly spaced taps, whose sums
 * add up to it; a table without stride is its own and only one. Null where taps are not evenly
 * spaced (dilation).
 */
function polyphase(table: TapTable): readonly TapTable[] | null {
  const along = (axis: 0 | 1) => {
    const step = table.steps[axis];
    const phases = Array.from(
      { length: step },
      (_, phase) => table.taps[axis].filter(({ offset }) => mod(offset, step) === phase),
    );
    const even = phases.every((taps) =>
      taps.every(({ offset }, i) => offset === taps[0].offset + i * step)
    );
    return even ? phases : null;
  };
  const down = along(0), across = along(1);
  if (!down || !across) return null;
  return down.flatMap((ty) => across.map((tx) => ({ ...table, taps: [ty, tx] as const })));
}

function mod(a: number, b: number): number {
  return ((a % b) + b) % b;
}
