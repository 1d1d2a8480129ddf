import type { ConvGeometry } from "./geometry.ts";

/** A tap along one axis: how far from its grid cell it reads, and which kernel row or column it is. */
interface Tap {
  offset: number;
  kernel: number;
}

/**
 * Which source pixels each output pixel of one pass (or one phase of it) is made of; the record that
 * assembly/geometry.ts describes field by field.
 */
export interface TapTable {
  readonly pictures: number;
  readonly grid: readonly [number, number];
  readonly source: readonly [number, number, number];
  readonly steps: readonly [number, number];
  readonly output: readonly [number, number, number];
  readonly strides: readonly [number, number];
  readonly starts: readonly [number, number];
  readonly groups: number;
  readonly kernel: readonly [number, number];
  readonly taps: readonly [readonly Tap[], readonly Tap[]];
}

/** Whether a tap reads a pixel of the picture for any cell of the grid, not padding only. */
function reaches({ offset }: Tap, grid: number, step: number, size: number): boolean {
  const first = Math.max(0, Math.ceil(-offset / step));
  return first < grid && first * step + offset < size;
}

/** Longest row that a picture is made: kernels share out rows. */
const LONGEST_ROW = 4096;

/**
 * The same convolution over fewer, longer rows of fewer, longer pixels: where every output pixel is made
 * of the input pixel in its place alone, a picture of moderate size is one row; where a kernel's row
 * covers exactly one step of its stride, the pixels under it are one pixel of all their channels.
 */
export function flattened(g: ConvGeometry): ConvGeometry {
  const [height, width, channels] = g.input, { kernel, strides, output } = g;
  const inPlace = [...kernel, ...strides].every((size) => size === 1) &&
    height === output[0] && width === output[1] && !g.padStart[0] && !g.padStart[1];
  if (inPlace && height * width <= LONGEST_ROW) {
    return { ...g, input: [1, height * width, channels], output: [1, height * width, output[2]] };
  }
  const step = strides[1];
  const joins = step > 1 && kernel[1] === step && g.dilations[1] === 1 && g.groups === 1 &&
    !g.padStart[1] && width === step * output[1];
  if (!joins) return g;
  return {
    ...g,
    input: [height, output[1], step * channels],
    kernel: [kernel[0], 1],
    strides: [strides[0], 1],
  };
}

/** The forward pass: output cell (i, j) reads input (i·stride − pad + r·dilation, …). */
export function forwardTaps(g: ConvGeometry): TapTable {
  const along = (axis: 0 | 1) =>
    Array.from({ length: g.kernel[axis] }, (_, kernel) => ({
      offset: kernel * g.dilations[axis] - g.padStart[axis],
      kernel,
    })).filter((tap) => reaches(tap, g.output[axis], g.strides[axis], g.input[axis]));
  return {
    pictures: g.batch,
    grid: [g.output[0], g.output[1]],
    source: g.input,
    steps: g.strides,
    output: g.output,
    strides: [1, 1],
    starts: [0, 0],
    groups: g.groups,
    kernel: g.kernel,
    taps: [along(0), along(1)],
  };
}

/**
 * The input gradient: one table per phase of the stride. Input pixel y takes part in output
 * (y + pad − r·dilation)/stride for those r that divide evenly; pixels of the same remainder share
 * their taps, so each phase is a dense convolution over the output's grid with stride 1.
 */
export function inputGradientTaps(g: ConvGeometry): TapTable[] {
  const gridOf = (axis: 0 | 1, phase: number) =>
    Math.ceil((g.input[axis] - phase) / g.strides[axis]);
  const along = (axis: 0 | 1, phase: number): Tap[] => {
    const taps: Tap[] = [];
    // Highest kernel index first: offsets ascend, so neighbouring taps are neighbouring pixels.
    for (let kernel = g.kernel[axis] - 1; kernel >= 0; kernel--) {
      const reach = phase + g.padStart[axis] - kernel * g.dilations[axis];
      if (reach % g.strides[axis] === 0) taps.push({ offset: reach / g.strides[axis], kernel });
    }
    const grid = gridOf(axis, phase);
    return taps.filter((tap) => reaches(tap, grid, 1, g.output[axis]));
  };
  const tables: TapTable[] = [];
  for (let py = 0; py < Math.min(g.strides[0], g.input[0]); py++) {
    for (let px = 0; px < Math.min(g.strides[1], g.input[1]); px++) {
      tables.push({
        pictures: g.batch,
        grid: [gridOf(0, py), gridOf(1, px)],
        source: g.output,
        steps: [1, 1],
        output: g.input,
        strides: g.strides,
        starts: [py, px],
        groups: g.groups,
        kernel: g.kernel,
        taps: [along(0, py), along(1, px)],
      });
    }
  }
  return tables;
}

/** A column tile should stay in half of a core's L2 cache (bytes). */
const TILE_BYTES = 256 * 1024;

/** How a table's column tile is laid out: rows (output pixels) and floats from row to row. */
export function tileLayout(t: TapTable): { rows: number; stride: number } {
  // Runs are copied by whole vectors, up to three values too many.
  const k = innerSize(t), spill = t.source[2] / t.groups % 4 ? 3 : 0;
  // An odd number of cache lines from row to row: rows then fall into different cache sets.
  let stride = Math.max(16, Math.ceil((k + spill) / 16) * 16);
  if (stride % 32 === 0) stride += 16;
  const rows = Math.floor(TILE_BYTES / (4 * stride) / 6) * 6;
  return { rows: Math.min(96, Math.max(6, rows)), stride };
}

/** Taps of a table; none where a stride larger than the kernel leaves a phase out. */
export function tapCount({ taps }: TapTable): number {
  return taps[0].length * taps[1].length;
}

/** Values that each output value of a group is a sum over. */
export function innerSize(t: TapTable): number {
  return tapCount(t) * t.source[2] / t.groups;
}

/** Whether the values under a row of taps follow each other in the source: neighbours, of one group. */
export function joinsTaps({ groups, taps: [, across] }: TapTable): boolean {
  const adjacent = across.every(({ offset }, i) => offset === across[0].offset + i);
  return adjacent && (groups === 1 || across.length === 1);
}

/** Whether every cell's pixels under a row of taps are one run of the source, none of them outside on either side. */
export function readsRuns(table: TapTable): boolean {
  const { grid, source, steps, taps: [, across] } = table;
  const first = across[0].offset, last = across[across.length - 1].offset;
  return first >= 0 && (grid[1] - 1) * steps[1] + last < source[1] && joinsTaps(table);
}

/** Runs of the source that a cell is read from: one a tap, or a row of taps. */
export function runCount(table: TapTable): number {
  return tapCount(table) && readsRuns(table) ? table.taps[0].length : tapCount(table);
}

/** The table as the int32 words that the kernels read. */
export function encodeTaps(t: TapTable): number[] {
  const { rows, stride } = tileLayout(t);
  return [
    t.pictures,
    ...t.grid,
    ...t.source,
    ...t.steps,
    ...t.output,
    ...t.strides,
    ...t.starts,
    t.groups,
    t.taps[0].length,
    t.taps[1].length,
    ...t.kernel,
    rows,
    stride,
    ...t.taps.flat().flatMap(({ offset, kernel }) => [offset, kernel]),
  ];
}
