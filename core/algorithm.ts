import { planarLayout, planarScratch } from "./planar.ts";
import { innerSize, tapCount, type TapTable } from "./taps.ts";

/**
 * Ways to compute a pass over pixels. `depthwise`: one channel a group. `im2col`: source pixels are
 * copied into a column tile, then a matrix product. `indirect`: the same product reading pixels in
 * place. `winograd`: fewer multiplications, for 3x3 and 2x2 taps. `scatter`: one product of all source
 * pixels with all taps, whose values each output pixel then gathers. `planar`: channels are made planes,
 * so that vectors run along the pixels.
 */
export type Algorithm =
  | { kind: "depthwise" }
  | { kind: "im2col" }
  | { kind: "indirect" }
  | { kind: "scatter" }
  | { kind: "planar" }
  | { kind: "winograd"; variant: WinogradVariant; tables: readonly TapTable[] };

/** F(m×m, r×r): m² outputs of r² taps from (m+r−1)² products. */
export type WinogradVariant = "F43" | "F23" | "F42";

/**
 * How exact convolutions are. `"fast"` may use Winograd's F(4x4), whose relative error is about 1e-6
 * to 5e-6; `"precise"` keeps to F(2x2) and direct sums, about 4e-7.
 */
export type Precision = "fast" | "precise";

/**
 * What a table is for: the pixels of an output; those of a phase that cannot be scattered, because not all
 * phases are; or the kernel's gradient, a sum over them.
 */
export type Purpose = "pixels" | "phase" | "kernel";

/** Outputs and taps along an axis. */
export const WINOGRAD: Record<WinogradVariant, { outputs: number; taps: number }> = {
  F43: { outputs: 4, taps: 3 },
  F23: { outputs: 2, taps: 3 },
  F42: { outputs: 4, taps: 2 },
};

/** Below so many channels transforms cost more than they save. */
const FEWEST_CHANNELS = 16;
/** Below so many tiles transforming the kernel costs more than it saves. */
const FEWEST_TILES = 16;
/** Multiplications that must be saved for the transforms to pay. */
const LEAST_GAIN = 1.4;

/**
 * Chooses how to compute a pass: with a channel a group by channels or by planes; the Winograd variant
 * that saves most where one fits and pays; scattered where that does less; by planes where channels
 * are too few to fill the tiles of a product; otherwise as a product of pixels read in place, or
 * copied where a pixel's run of channels is short.
 */
export function chooseAlgorithm(
  table: TapTable,
  precision: Precision,
  purpose: Purpose = "pixels",
): Algorithm {
  const { groups, source, output } = table;
  // Without taps (a phase that a stride larger than the kernel leaves out) only the bias is written.
  if (!tapCount(table)) return { kind: "depthwise" };
  if (groups === source[2] && groups === output[2]) {
    return { kind: planarCost(table) < depthwiseCost(table) ? "planar" : "depthwise" };
  }
  const variants = Object.keys(WINOGRAD) as WinogradVariant[];
  const best = variants
    .filter((variant) => precision === "fast" || WINOGRAD[variant].outputs === 2)
    .map((variant) => ({ variant, gain: winogradGain(table, variant) }))
    .sort((a, b) => b.gain - a.gain)[0];
  if (best.gain >= LEAST_GAIN) return winograd(table, best.variant)!;
  const product = productCost(table, purpose), planar = planarCost(table);
  if (purpose === "pixels" && scatterCost(table) < Math.min(product, planar)) {
    return { kind: "scatter" };
  }
  if (planar < product) return { kind: "planar" };
  return { kind: source[2] / groups >= FEWEST_CHANNELS ? "indirect" : "im2col" };
}

/** Scattering needs a picture for every thread there may be, and room for a picture's products. */
const FEWEST_PICTURES = 8, SCATTER_BYTES = 4 << 20;
/** Very long rows or taps far apart make planes too large for a thread's scratch. */
const PLANAR_BYTES = 4 << 20;

// What a picture costs, in multiplications of a full register tile (1.1 ns for 32 of them at 57 GF/s).
// The weights are fitted to measurements of single passes with 1 to 256 channels and 1 to 32 groups on
// one thread; what they must get right is the order, and they are within a third of the time.

/**
 * The share of one phase, by its taps, in a product of every source pixel with every tap, whose columns
 * are padded to eight, and gathering its values; no end where it cannot be done.
 */
function scatterCost(table: TapTable): number {
  const { groups, source, output, grid, kernel, pictures, steps } = table;
  const [height, width, channels] = source, taps = kernel[0] * kernel[1];
  if (groups > 1 || pictures < FEWEST_PICTURES) return Infinity;
  const columns = Math.ceil(taps * output[2] / 8) * 8;
  if (steps[0] * steps[1] > 1 || height * width * columns * 4 > SCATTER_BYTES) return Infinity;
  const products = height * width * channels * (1.05 * columns + 2) * tapCount(table) / taps;
  return products + 42 * grid[0] * grid[1] * tapCount(table) * Math.ceil(output[2] / 4);
}

/** Over planes: all cells, between the rows too, and moving every value of source and output. */
function planarCost(table: TapTable): number {
  const layout = planarLayout(table), { pitch, pictureRows, phases } = layout;
  const { source, output, grid } = table;
  if (planarScratch(table, layout) > PLANAR_BYTES) return Infinity;
  const planes = phases[0].length * phases[1].length * source[2];
  // Rows shorter than a vector are moved value by value.
  const slow = Math.min(source[1] / table.steps[1], grid[1]) < 4 ? 3 : 1;
  const moving = slow * (17 * planes + 10 * output[2]);
  return pitch * pictureRows * (1.4 * innerSize(table) * output[2] + moving);
}

/** By channels: a pixel's last vector may be mostly empty, and cells that lack taps go one by one. */
function depthwiseCost(table: TapTable): number {
  const { grid, source, output, steps, taps } = table, channels = Math.ceil(output[2] / 4) * 4;
  const offsets = taps[1].map(({ offset }) => offset),
    reach = Math.max(...offsets) - Math.min(...offsets);
  const inner = Math.max(0, Math.min(grid[1], Math.floor((source[1] - 1 - reach) / steps[1]) + 1));
  const whole = Math.floor(inner / 4) * 4, border = grid[1] - whole;
  const cells = whole * (2.2 * channels + 2) + border * (2.5 * channels + 15);
  return grid[0] * (cells * tapCount(table) + 250 * grid[1]);
}

/** As a product of pixels and columns padded to the register tile, copied or looked up. */
function productCost(table: TapTable, purpose: Purpose): number {
  const { groups, grid, source, output, taps } = table;
  const n = output[2] / groups, k = innerSize(table);
  // Up to four columns run along k, and wait for the pixels.
  const columns = n <= 4 && purpose !== "kernel" ? 0.7 + 1.15 * n : Math.ceil(n / 8) * 8;
  const copied = purpose === "kernel" || source[2] / groups < FEWEST_CHANNELS;
  // A group reads its few channels of every pixel; without groups a row of taps is one run.
  const looking = groups > 1 ? 300 * tapCount(table) : 400 + 70 * tapCount(table);
  const copying = 3.6 * k + (groups > 1 ? 240 * tapCount(table) : 400 + 120 * taps[0].length);
  const reading = copied ? copying : looking;
  return grid[0] * grid[1] * groups * (k * (1.05 * columns + 1.5) + reading + 5 * n);
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
