/**
 * What each way to compute a pass would cost on one thread: how often each of its steps is done, times
 * what one takes. The times are nanoseconds on a Zen 4 core at 57 GF/s, fitted by least squares of
 * relative errors to the measured passes of 600 random geometries (bench/cliffs). On another processor
 * all of them differ, but much alike: what they must get right is the order.
 */
import { planarLayout, planarScratch } from "./planar.ts";
import { innerSize, readsRuns, tapCount, type TapTable } from "./taps.ts";

/** The ways that fit any table, the one for a channel a group, and the one for one group and no stride. */
export type Way = "im2col" | "indirect" | "planar" | "depthwise" | "scatter";

/** What a table is for: the pixels of an output, or the kernel's gradient, a sum over them. */
export type Purpose = "pixels" | "kernel";

/** How often each step is done. */
type Work = Readonly<Record<string, number>>;

/** Nanoseconds a step takes; those that are not named take none to speak of. */
const TIMES: Record<Purpose, Partial<Record<Way, Work>>> = {
  pixels: {
    im2col: {
      multiplications: 0.29,
      tiles: 3.6,
      thin: 1.6,
      narrow: 0.14,
      ends: 0.45,
      copies: 0.69,
      runs: 2.9,
      cells: 9.1,
      rows: 4.9,
      weights: 3.9,
    },
    indirect: {
      multiplications: 0.32,
      tiles: 5.5,
      thin: 1.7,
      narrow: 0.18,
      ends: 1.6,
      places: 1.6,
      lines: 2.4,
      cells: 1.1,
      rows: 8.8,
      weights: 3.2,
    },
    planar: {
      multiplications: 0.045,
      split: 0.5,
      joined: 0.49,
      rows: 0.91,
      outputRows: 2,
      taps: 0.2,
      chunks: 1200,
      weights: 0.53,
    },
    depthwise: {
      inner: 0.37,
      border: 0.53,
      borderTaps: 3.5,
      vectors: 1.1,
      cells: 2.3,
      rows: 38,
    },
    scatter: {
      multiplications: 0.04,
      products: 0.23,
      gathered: 0.18,
      vectors: 2,
      cells: 6.1,
      pictures: 28,
      weights: 0.76,
    },
  },
  kernel: {
    im2col: {
      multiplications: 1.7,
      narrow: 0.49,
      packed: 1.9,
      copies: 0.82,
      runs: 2.9,
      sums: 1.7,
      cells: 7.8,
      weights: 77,
    },
    indirect: {
      multiplications: 1.7,
      narrow: 0.54,
      sweeps: 0.43,
      packed: 2.8,
      copies: 0.71,
      runs: 5,
      places: 3.3,
      lines: 3.3,
      runTiles: 6.6,
      cells: 0.86,
      weights: 76,
    },
    planar: {
      multiplications: 0.037,
      split: 0.62,
      joined: 0.54,
      rows: 0.68,
      outputRows: 1.3,
      taps: 1.3,
      chunks: 2100,
      weights: 4.4,
    },
    depthwise: {
      inner: 0.59,
      border: 0.48,
      borderTaps: 0.073,
      vectors: 0.56,
      cells: 0.37,
      rows: 4.5,
      rowTaps: 8.4,
    },
  },
};

/** Up to so many columns have products of their own (assembly/microkernel_narrow.ts), and more columns of so small a k (microkernel_thin.ts). */
const NARROW = 4, THIN = 12, THIN_COLUMNS = 8;

/** Very long rows or taps far apart make planes too large for a thread's scratch. */
const PLANAR_BYTES = 4 << 20;
/** Scattering shares out pictures, so that threads are idle where there are fewer; and it needs room for a picture's products. */
const THREADS = 8, SCATTER_BYTES = 4 << 20;

const blocks = (n: number, size: number) => Math.ceil(n / size);

/** How often each step is done in computing tables of one pass; null where the way does not fit them. */
export function workOf(way: Way, tables: readonly TapTable[], purpose: Purpose): Work | null {
  const sum: Record<string, number> = {};
  for (const table of tables) {
    const work = tableWork(way, table, purpose);
    if (!work) return null;
    for (const [step, times] of Object.entries(work)) sum[step] = (sum[step] ?? 0) + times;
  }
  return sum;
}

/** Nanoseconds that computing the tables of a pass takes; no end where the way does not fit them. */
export function costOf(way: Way, tables: readonly TapTable[], purpose: Purpose): number {
  const work = workOf(way, tables, purpose), times = TIMES[purpose][way];
  if (!work || !times) return Infinity;
  return Object.entries(work).reduce((sum, [step, count]) => sum + (times[step] ?? 0) * count, 0);
}

function tableWork(way: Way, table: TapTable, purpose: Purpose): Work | null {
  switch (way) {
    case "im2col":
    case "indirect":
      return (purpose === "pixels" ? productWork : gradientWork)(table, way === "indirect");
    case "planar":
      return planarWork(table);
    case "depthwise":
      return depthwiseWork(table);
    case "scatter":
      return purpose === "pixels" ? scatterWork(table) : null;
  }
}

/** Cells of the grid, and rows of them, of all pictures and groups. */
function counts({ pictures, grid, groups }: TapTable) {
  const rows = pictures * grid[0] * groups;
  return { rows, cells: rows * grid[1] };
}

/** Copying pixels into column tiles: values, and the runs they come in. */
function copying(table: TapTable): Work {
  const { groups, taps: [down, across] } = table, { cells } = counts(table);
  const joined = groups === 1 &&
    across.every(({ offset }, i) => offset === across[0].offset + i);
  const runs = down.length * (joined ? 1 : across.length);
  return { copies: cells * blocks(innerSize(table), 4), runs: cells * runs };
}

/** A product of pixels, copied or read in place, with columns padded to the register tile. */
function productWork(table: TapTable, inPlace: boolean): Work {
  const { groups, source, output } = table, { cells, rows } = counts(table);
  const n = output[2] / groups, k = innerSize(table), taps = tapCount(table);
  const thin = (!inPlace || taps === 1) && k <= THIN && n > THIN_COLUMNS;
  const product: Work = n <= NARROW
    ? {
      narrow: cells * n * (inPlace ? taps * blocks(source[2] / groups, 4) : blocks(k, 4)),
      ends: cells * n,
    }
    : thin
    ? { thin: cells * blocks(n, 4) * blocks(k, 6) }
    : { multiplications: cells * k * blocks(n, 8), tiles: cells * blocks(n, 8) };
  const reading = inPlace ? { places: cells * taps, lines: rows * taps } : copying(table);
  return { ...product, ...reading, cells, rows, weights: groups * k * blocks(n, 8) };
}

/** The same for the kernel's gradient. */
function gradientWork(table: TapTable, inPlace: boolean): Work {
  const { groups, source, output, taps: [down, across] } = table, { cells, rows } = counts(table);
  const n = output[2] / groups, k = innerSize(table), taps = tapCount(table);
  if (n <= NARROW) {
    const vectors = inPlace ? taps * blocks(source[2] / groups, 4) : blocks(k, 4);
    const reading = inPlace ? { places: cells * taps, lines: rows * taps } : copying(table);
    return {
      narrow: cells * blocks(n, 2) * vectors,
      ...reading,
      cells,
      sweeps: inPlace ? cells * taps * blocks(n, 2) : 0,
    };
  }
  const tiles = blocks(k, 6) * blocks(n, 8);
  const runs = inPlace && readsRuns(table);
  const row = blocks(across.length * source[2] / groups, 6) * blocks(n, 8);
  return {
    multiplications: cells * tiles,
    packed: n % 8 ? cells * blocks(n, 8) : 0,
    cells,
    weights: groups * tiles,
    ...(runs
      ? { runTiles: rows * down.length * row }
      : { ...copying(table), sums: cells * tiles / 96 }),
  };
}

/** Over planes: all cells, between the rows too, and moving every value of source and output. */
function planarWork(table: TapTable): Work | null {
  const layout = planarLayout(table), { pitch, pictureRows, phases, bands } = layout;
  if (planarScratch(table, layout) > PLANAR_BYTES) return null;
  const { pictures, source, output, grid, groups } = table, k = innerSize(table);
  const planes = phases[0].length * phases[1].length * source[2],
    cells = pictures * pitch * pictureRows;
  const chunks = blocks(pictures, layout.pictures) * bands;
  return {
    multiplications: cells * k * output[2],
    split: cells * planes,
    joined: cells * output[2],
    rows: pictures * pictureRows * planes,
    outputRows: pictures * grid[0] * output[2],
    chunks: chunks * blocks(groups, layout.groups),
    taps: chunks * k * output[2],
    weights: k * output[2],
  };
}

/** By channels: a pixel's last vector may be mostly empty, and cells that lack taps go one by one. */
function depthwiseWork(table: TapTable): Work | null {
  const { grid, groups, source, output, steps, taps, pictures } = table;
  if (groups !== source[2] || groups !== output[2]) return null;
  const rows = pictures * grid[0], vectors = blocks(output[2], 4);
  // Taps within the picture, of all rows and of all cells of a row.
  const [down, across] = taps.map((list, axis) => {
    const [size, step] = [source[axis], steps[axis]];
    const inside = ({ offset }: { offset: number }) =>
      Math.min(grid[axis], Math.floor((size - 1 - offset) / step) + 1) -
      Math.max(0, Math.ceil(-offset / step));
    return list.reduce((sum, tap) => sum + Math.max(0, inside(tap)), 0);
  });
  const offsets = taps[1].map(({ offset }) => offset);
  const reach = Math.max(...offsets) - Math.min(...offsets);
  const inner = Math.max(0, Math.min(grid[1], Math.floor((source[1] - 1 - reach) / steps[1]) + 1));
  const whole = Math.floor(inner / 4) * 4, shared = whole * offsets.length;
  return {
    inner: pictures * down * shared * vectors,
    border: pictures * down * (across - shared) * vectors,
    borderTaps: pictures * down * (across - shared),
    vectors: rows * grid[1] * vectors,
    cells: rows * grid[1],
    rows,
    rowTaps: pictures * down * offsets.length,
  };
}

/** The share of one table in a product of every source pixel with every tap, and gathering its values. */
function scatterWork(table: TapTable): Work | null {
  const { groups, source, output, grid, kernel, pictures, steps, strides } = table;
  const [height, width, channels] = source, all = kernel[0] * kernel[1], taps = tapCount(table);
  if (groups > 1 || steps[0] * steps[1] > 1) return null;
  const columns = blocks(all * output[2], 8) * 8;
  if (height * width * columns * 4 > SCATTER_BYTES) return null;
  // All phases of a stride share the product.
  const share = strides[0] * strides[1] > 1 ? taps / all : 1;
  const turns = Math.max(pictures, THREADS);
  const pixels = share * turns * height * width, cells = turns * grid[0] * grid[1];
  return {
    multiplications: pixels * channels * columns,
    products: pixels * columns,
    gathered: cells * taps * blocks(output[2], 4),
    vectors: cells * blocks(output[2], 4),
    cells,
    pictures: turns,
    weights: share * channels * columns,
  };
}
