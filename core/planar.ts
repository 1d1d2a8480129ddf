import type { TapTable } from "./taps.ts";

/**
 * How a pass is computed over planes: each channel of a few pictures lies in memory of its own, row
 * after row with the zeros around it, so that every tap of every output pixel is the same plane read
 * from another offset. The record that assembly/planes.ts describes field by field.
 */
export interface PlanarLayout {
  /** Groups whose planes exist together. */
  readonly groups: number;
  /** Whole pictures at a time, or one picture in bands of so many rows of the grid. */
  readonly pictures: number;
  readonly rows: number;
  readonly bands: number;
  /** Values from row to row, and rows from picture to picture. */
  readonly pitch: number;
  readonly pictureRows: number;
  /** Bytes of a plane of the source, and of one of the output. */
  readonly planeBytes: number;
  readonly outputBytes: number;
  /** What the plane starts with, in cells of the source's phases, and how far it reaches. */
  readonly first: readonly [number, number];
  readonly columns: number;
  readonly halo: number;
  /** Phases of the source that taps read, down and across: with a stride of 2, even rows and odd. */
  readonly phases: readonly [readonly number[], readonly number[]];
  /** Byte offset of each tap in its channel's planes. */
  readonly taps: readonly number[];
}

/** Planes of one chunk should stay in a quarter of a core's L2 cache (bytes). */
const BAND_BYTES = 256 * 1024;
/** The pixels that they are made of, of all groups, in half of it. */
const PIXEL_BYTES = 512 * 1024;
/** Whole pictures are gathered as long as so many chunks remain, for the threads. */
const LEAST_CHUNKS = 8;
/** Channels that groups are gathered up to: a cache line of a pixel. */
const CHANNELS = 16;

/** One axis of the planes: where taps fall, and how rows (columns) share the zeros between them. */
function axis(table: TapTable, i: 0 | 1) {
  const step = table.steps[i], grid = table.grid[i];
  const places = table.taps[i].map(({ offset }) => {
    const cell = Math.floor(offset / step);
    return { cell, phase: offset - cell * step };
  });
  const cells = places.map(({ cell }) => cell);
  const first = Math.min(...cells), halo = Math.max(...cells) - first, reach = grid + halo;
  // Zeros after one row are zeros before the next.
  const before = Math.max(0, -first);
  const after = Math.max(0, first + reach - Math.ceil(table.source[i] / step));
  const pitch = Math.max(grid, reach - Math.min(before, after));
  const phases = [...new Set(places.map(({ phase }) => phase))];
  return { places, first, halo, reach, pitch, phases };
}

/** Bytes of so many values, an odd number of cache lines: planes then fall into different cache sets. */
function spread(values: number): number {
  return (Math.ceil(values / 16) | 1) * 64;
}

/** Groups to handle together: as many as fill a cache line of a pixel, in whole vectors. */
function groupsAtOnce(groups: number, narrower: number): number {
  const blocks = Math.max(1, Math.round(groups * narrower / CHANNELS));
  const some = Math.ceil(groups / blocks);
  const whole = narrower % 4 === 0 ? 1 : narrower % 2 === 0 ? 2 : 4;
  return Math.min(groups, Math.ceil(some / whole) * whole);
}

/** Lays out the planes of a table that has taps. */
export function planarLayout(table: TapTable): PlanarLayout {
  const y = axis(table, 0), x = axis(table, 1);
  const from = table.source[2] / table.groups, to = table.output[2] / table.groups;
  const groups = groupsAtOnce(table.groups, Math.min(from, to));
  const sources = y.phases.length * x.phases.length * from;
  // Bytes that a row of the grid takes in all planes, and those that the halo takes besides.
  const row = 4 * groups * x.pitch * (sources + to), halo = 4 * groups * x.pitch * sources * y.halo;
  // Chunks with other groups of the same pixels follow: those had better be near still.
  const pixels = 4 * (table.steps[0] * table.source[1] * table.source[2] +
    table.strides[0] * table.output[1] * table.output[2]);
  const some = groups < table.groups ? Math.floor(PIXEL_BYTES / pixels) : Infinity;
  const fit = Math.floor(Math.min(BAND_BYTES / row, some) / y.pitch);
  const pictures = Math.max(1, Math.min(fit, Math.ceil(table.pictures / LEAST_CHUNKS)));
  const most = Math.max(1, y.halo, Math.min(Math.floor((BAND_BYTES - halo) / row), some));
  const bands = fit > 0 ? 1 : Math.ceil(table.grid[0] / most);
  const rows = Math.ceil(table.grid[0] / bands);
  const held = (pictures - 1) * y.pitch + rows;
  const planeBytes = spread((held + y.halo) * x.pitch + Math.max(0, x.reach - x.pitch));
  const taps = y.places.flatMap((down) =>
    x.places.map((across) => {
      const phase = y.phases.indexOf(down.phase) * x.phases.length +
        x.phases.indexOf(across.phase);
      const cell = (down.cell - y.first) * x.pitch + across.cell - x.first;
      return phase * planeBytes + 4 * cell;
    })
  );
  return {
    groups,
    pictures,
    rows,
    bands,
    pitch: x.pitch,
    pictureRows: y.pitch,
    planeBytes,
    // Register tiles write up to 32 values past the last.
    outputBytes: spread(held * x.pitch + 32),
    first: [y.first, x.first],
    columns: x.reach,
    halo: y.halo,
    phases: [y.phases, x.phases],
    taps,
  };
}

/** Bytes of scratch that a thread needs for the planes: the source's, the output's and some room. */
export function planarScratch(table: TapTable, layout: PlanarLayout): number {
  const from = table.source[2] / table.groups, to = table.output[2] / table.groups;
  const { groups, phases, planeBytes, outputBytes } = layout;
  const source = groups * from * phases[0].length * phases[1].length * planeBytes;
  return source + groups * to * outputBytes + 512;
}

/** The layout as the int32 words that the kernels read. */
export function encodePlanar(table: TapTable, layout: PlanarLayout): number[] {
  const { first, phases, taps, planeBytes } = layout;
  const channel = phases[0].length * phases[1].length * planeBytes;
  const channels = Array.from({ length: table.source[2] / table.groups }, (_, c) => c * channel);
  const byTap = taps.flatMap((tap) => channels.map((first) => first + tap));
  // The kernel's gradient goes along planes: those of one channel are near, whatever the tap.
  const byChannel = channels.flatMap((first) => taps.map((tap) => first + tap));
  // A last register tile may be partly empty: it repeats the last offset, and nobody reads what comes out.
  const rest = Array.from({ length: 8 }, () => byTap[byTap.length - 1]);
  return [
    layout.groups,
    layout.pictures,
    layout.rows,
    layout.bands,
    layout.pitch,
    layout.pictureRows,
    layout.planeBytes,
    layout.outputBytes,
    ...first,
    layout.columns,
    layout.halo,
    phases[0].length,
    phases[1].length,
    ...phases[0],
    ...phases[1],
    ...byTap,
    ...rest,
    ...byChannel,
    ...rest,
  ];
}
