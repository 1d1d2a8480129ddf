/**
 * How often each way to compute a pass does each of its steps, which is what its cost is made of (cost.ts).
 */
import { sizeOf } from "./tensor.ts";
import { planarLayout, planarScratch } from "./planar.ts";
import { interleavedPictures } from "./interleaved.ts";
import { innerSize, joinsTaps, readsRuns, runCount, tapCount, type TapTable } from "./taps.ts";

/** The ways that fit any table, the one for a channel a group, and the one for one group and no stride. */
export type Way = "im2col" | "indirect" | "planar" | "interleaved" | "depthwise" | "scatter";

/** What a table is for: the pixels of an output, or the kernel's gradient, a sum over them. */
export type Purpose = "pixels" | "kernel";

/** How often each step is done. */
export type Work = Readonly<Record<string, number>>;

/** Up to so many columns have products of their own (assembly/microkernel_narrow.ts). */
export const NARROW = 4;
/** Of up to so many columns one or two more than whole panels are narrow too. */
const TAILED = 18;
const tailOf = (n: number) => n > 8 && n <= TAILED && n % 8 <= 2 ? n % 8 : 0;
/** So small a k and at least so many columns have, too (assembly/microkernel_thin.ts). */
const THIN = 16, THIN_COLUMNS = 96;

/** Very long rows or taps far apart make planes too large for a thread's scratch. */
const PLANAR_BYTES = 4 << 20;
/** Scattering shares out pictures: fewer are said to cost as much as these, for the threads that are idle then. */
export const FEWEST_PICTURES = 8;
/** It needs room for a picture's products. */
const SCATTER_BYTES = 4 << 20;

const blocks = (n: number, size: number) => Math.ceil(n / size);

/**
 * How often each step is done in computing the tables of one pass, those without taps among them; null where
 * the way does not fit them.
 */
export function workOf(way: Way, tables: readonly TapTable[], purpose: Purpose): Work | null {
  if (way === "interleaved") return interleavedWork(tables, purpose);
  const reached = tables.filter(tapCount), filled = filledValues(tables);
  const sum: Record<string, number> = filled ? { filled } : {};
  const works = way === "scatter"
    ? [purpose === "pixels" ? scatterWork(reached) : null]
    : reached.map((table) => tableWork(way, table, purpose));
  for (const work of works) {
    if (!work) return null;
    for (const [step, times] of Object.entries(work)) sum[step] = (sum[step] ?? 0) + times;
  }
  return sum;
}

/** Values that are filled beforehand: all of the output, where some tables have no taps. */
export function filledValues(tables: readonly TapTable[]): number {
  return tables.every(tapCount) ? 0 : tables[0].pictures * sizeOf(tables[0].output);
}

function tableWork(
  way: Exclude<Way, "scatter" | "interleaved">,
  table: TapTable,
  purpose: Purpose,
): Work | null {
  switch (way) {
    case "im2col":
    case "indirect":
      return (purpose === "pixels" ? productWork : gradientWork)(table, way === "indirect");
    case "planar":
      return planarWork(table);
    case "depthwise":
      return depthwiseWork(table);
  }
}

/** Cells of the grid, and rows of them, of all pictures and groups. */
function counts({ pictures, grid, groups }: TapTable) {
  const rows = pictures * grid[0] * groups;
  return { rows, cells: rows * grid[1] };
}

/** Copying pixels into column tiles: values, and the runs they come in. */
function copying(table: TapTable): Work {
  const { taps: [down, across] } = table, { cells } = counts(table);
  const runs = down.length * (joinsTaps(table) ? 1 : across.length);
  return { copies: cells * blocks(innerSize(table), 4), runs: cells * runs };
}

/** A product of pixels, copied or read in place, with columns padded to the register tile. */
function productWork(table: TapTable, inPlace: boolean): Work {
  const { groups, output } = table, { cells, rows } = counts(table);
  const n = output[2] / groups, k = innerSize(table), runs = inPlace ? runCount(table) : 1;
  const tail = tailOf(n);
  const thin = runs === 1 && k <= THIN && n >= THIN_COLUMNS;
  const product: Work = n <= NARROW
    ? {
      narrow: cells * n * runs * blocks(k / runs, 4),
      ends: cells * n,
    }
    : thin
    ? { thin: cells * blocks(n, 24), multiplications: cells * k * 3 * blocks(n, 24) }
    : {
      multiplications: cells * k * blocks(n - tail, 8),
      hops: cells * runs * blocks(n - tail, 8),
      tiles: cells * blocks(n - tail, 8),
      edges: n < 8 ? cells : 0,
      narrow: cells * tail * runs * blocks(k / runs, 4),
      ends: cells * tail,
    };
  const reading: Work = inPlace ? { places: cells * runs, lines: rows * runs } : copying(table);
  return { ...product, ...reading, cells, rows, weights: groups * k * blocks(n, 8) };
}

/** The same for the kernel's gradient. */
function gradientWork(table: TapTable, inPlace: boolean): Work {
  const { groups, output } = table, { cells, rows } = counts(table);
  const n = output[2] / groups, k = innerSize(table), runs = inPlace ? runCount(table) : 1;
  if (n <= NARROW) {
    const sweeps = cells * runs * blocks(n, 2);
    const reading: Work = inPlace
      ? { places: cells * runs, lines: rows * runs, sweeps }
      : copying(table);
    return { narrow: sweeps * blocks(k / runs, 4), ...reading, cells };
  }
  const tail = tailOf(n), tiles = blocks(k, 6) * blocks(n - tail, 8);
  const reading: Work = inPlace && readsRuns(table)
    ? { runTiles: rows * runs * blocks(k / runs, 6) * blocks(n - tail, 8) }
    : copying(table);
  return {
    multiplications: cells * tiles,
    narrow: cells * blocks(tail, 2) * blocks(k, 4),
    ...reading,
    cells,
    weights: groups * tiles,
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

/** Taps of a table that lie within the source, along one axis of the grid: of all its rows, or all cells of a row. */
function insideTaps({ source, steps, grid, taps }: TapTable, axis: 0 | 1): number {
  const [size, step] = [source[axis], steps[axis]];
  const inside = ({ offset }: { offset: number }) =>
    Math.min(grid[axis], Math.floor((size - 1 - offset) / step) + 1) -
    Math.max(0, Math.ceil(-offset / step));
  return taps[axis].reduce((sum, tap) => sum + Math.max(0, inside(tap)), 0);
}

/** Pictures interleaved: every value of source and output is moved, and k that lie outside are left out. */
function interleavedWork(tables: readonly TapTable[], purpose: Purpose): Work | null {
  if (!tables.length) return {};
  const [{ source, output, groups, pictures: all }] = tables;
  const some = interleavedPictures(tables[0]);
  if (!some) return null;
  const chunks = blocks(all, some), pictures = chunks * some, n = output[2] / groups;
  const channels = source[2] / groups;
  const work = {
    moved: pictures * sizeOf(source),
    multiplications: 0,
    single: 0,
    ends: 0,
    tiles: 0,
    calls: 0,
    places: 0,
    chunks,
    weights: 0,
  };
  for (const table of tables) {
    const [height, width] = table.grid, k = innerSize(table), row = k / table.taps[0].length || 0;
    const down = insideTaps(table, 0), whole = wholeCells(table), border = width - whole;
    work.moved += pictures * height * width * output[2];
    work.weights += k * output[2];
    if (purpose === "kernel") {
      // Cells at the border go one by one, over all k; others by rows, over the taps that are inside.
      const sums = chunks * groups * (border * height * k + whole * down * row);
      const calls = chunks * groups * height * (border + Math.min(1, whole));
      work.multiplications += sums * Math.floor(n / 2) * some / 2;
      work.single += sums * (n % 2) * some / 4;
      work.calls += calls * (Math.floor(n / 2) * blocks(k, 6) + (n % 2) * blocks(k, 8));
      work.places += chunks * groups * height * border * k;
    } else {
      const inside = chunks * groups * down * insideTaps(table, 1) * channels, odd = n % 6 % 2;
      const tiles = chunks * height * (Math.floor(n / 6) + blocks(n % 6, 2));
      work.multiplications += inside * (n - odd) * some / 4;
      work.single += inside * odd * some / 4;
      work.ends += pictures * height * width * output[2] / 4;
      work.tiles += tiles * groups * width;
      work.calls += tiles * (border + Math.min(whole, groups));
    }
  }
  return work;
}

/** Cells of a row of the grid that have all taps across. */
function wholeCells({ source, steps, grid, taps }: TapTable): number {
  const offsets = taps[1].map(({ offset }) => offset);
  const first = Math.max(0, Math.ceil(-Math.min(...offsets) / steps[1]));
  const end = Math.floor((source[1] - 1 - Math.max(...offsets)) / steps[1]) + 1;
  return Math.max(0, Math.min(grid[1], end) - first);
}

/** By channels: a pixel's last vector may be mostly empty, and cells that lack taps go one by one. */
function depthwiseWork(table: TapTable): Work | null {
  const { grid, groups, source, output, taps, pictures } = table;
  if (groups !== source[2] || groups !== output[2]) return null;
  const rows = pictures * grid[0], vectors = blocks(output[2], 4);
  // Taps within the picture, of all rows and of all cells of a row.
  const [down, across] = [insideTaps(table, 0), insideTaps(table, 1)];
  const whole = Math.floor(wholeCells(table) / 4) * 4, shared = whole * taps[1].length;
  return {
    inner: pictures * down * shared * vectors,
    border: pictures * down * (across - shared) * vectors,
    borderTaps: pictures * down * (across - shared),
    vectors: rows * grid[1] * vectors,
    cells: rows * grid[1],
    rows,
    rowTaps: pictures * down * taps[1].length,
  };
}

/** One product of every source pixel with every tap, and gathering its values for every table. */
function scatterWork(tables: readonly TapTable[]): Work | null {
  if (!tables.length) return {};
  const [{ groups, source, output, kernel, pictures, steps }] = tables;
  const [height, width, channels] = source, columns = blocks(kernel[0] * kernel[1] * output[2], 8);
  const fits = height * width * columns * 32 <= SCATTER_BYTES;
  if (groups > 1 || steps[0] * steps[1] > 1 || !fits) return null;
  const turns = Math.max(pictures, FEWEST_PICTURES), pixels = turns * height * width;
  const work = {
    multiplications: pixels * channels * columns,
    products: pixels * columns,
    gathered: 0,
    vectors: 0,
    cells: 0,
    pictures: turns,
    weights: channels * columns,
  };
  for (const table of tables) {
    const cells = turns * table.grid[0] * table.grid[1], vectors = cells * blocks(output[2], 4);
    work.gathered += vectors * tapCount(table);
    work.vectors += vectors;
    work.cells += cells;
  }
  return work;
}
