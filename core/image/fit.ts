import { bodyHeight, bodyWidth } from "./sheet.ts";

/** How many tiles are shown, how enlarged, in how many columns. */
export interface Fit {
  /** Whole factor each tile is enlarged by. */
  readonly scale: number;
  /** Tiles beside one another. */
  readonly columns: number;
  /** Tiles below one another. */
  readonly rows: number;
  /** Tiles shown, at most `rows * columns`. */
  readonly shown: number;
}

/** The size of one tile before enlarging, and what is added around it. */
export interface TileSize {
  /** Numbers across. */
  readonly width: number;
  /** Numbers down. */
  readonly height: number;
  /** Pixels a side is enlarged to at most; default 72. */
  readonly most?: number;
  /** Pixels between tiles; default 4. */
  readonly gutter?: number;
  /** Pixels for a caption below and a heading above each tile; default 0. */
  readonly extraHeight?: number;
  /** Pixels a cell takes at least; default 0. */
  readonly minCellWidth?: number;
  /** Pixels taken by labels at the sides; default 0. */
  readonly sideWidth?: number;
}

/** The smallest and largest side, in pixels, a tile is enlarged to. */
const tileSides: { readonly least: number; readonly most: number } = { least: 24, most: 72 };

/** Whole factors from the largest that keeps a tile within `most` pixels to the least readable. */
export function scalesFor(
  { width, height }: { width: number; height: number },
  { least = tileSides.least, most = tileSides.most }: { least?: number; most?: number } = {},
): number[] {
  const side = Math.max(width, height);
  const largest = Math.max(1, Math.floor(most / side));
  const smallest = Math.min(largest, Math.max(1, Math.ceil(least / side)));
  return Array.from({ length: largest - smallest + 1 }, (_, i) => largest - i);
}

function cellOf(tile: TileSize, scale: number): { width: number; height: number } {
  const { gutter = 4, extraHeight = 0, minCellWidth = 0 } = tile;
  return {
    width: Math.max(minCellWidth, tile.width * scale) + gutter,
    height: tile.height * scale + extraHeight + gutter,
  };
}

function room(tile: TileSize, scale: number): { columns: number; rows: number } {
  const cell = cellOf(tile, scale);
  return {
    columns: Math.max(1, Math.floor((bodyWidth - (tile.sideWidth ?? 0)) / cell.width)),
    rows: Math.max(1, Math.floor(bodyHeight / cell.height)),
  };
}

/**
 * Fits `count` tiles of equal rank onto a sheet: as large as they can be with all of them shown,
 * in full rows where the number allows it; only when they do not fit at the least size are some left
 * out.
 */
export function fitWrapped(count: number, tile: TileSize): Fit {
  const scales = scalesFor(tile, { most: tile.most });
  for (const scale of scales) {
    const free = room(tile, scale);
    const columns = tidyColumns(count, free.columns);
    const rows = Math.ceil(count / columns);
    if (rows <= free.rows) return { scale, columns, rows, shown: count };
  }
  const scale = scales[scales.length - 1];
  const free = room(tile, scale);
  const columns = Math.min(32, free.columns);
  const rows = Math.min(free.rows, Math.ceil(count / columns), 32);
  return { scale, columns, rows, shown: Math.min(count, rows * columns) };
}

/**
 * Fits a table of tiles whose rows and columns both mean something. Where it does not fit at the
 * least size, each side is cut to 32.
 */
export function fitTable(rows: number, columns: number, tile: TileSize): Fit {
  const most = Math.max(rows, columns) > 12 ? 48 : tileSides.most;
  const scales = scalesFor(tile, { most });
  for (const scale of scales) {
    const free = room(tile, scale);
    if (rows <= free.rows && columns <= free.columns) {
      return { scale, rows, columns, shown: rows * columns };
    }
  }
  const scale = scales[scales.length - 1];
  const free = room(tile, scale);
  const shownRows = Math.min(rows, free.rows, rows <= free.rows ? rows : 32);
  const shownColumns = Math.min(columns, free.columns, columns <= free.columns ? columns : 32);
  return { scale, rows: shownRows, columns: shownColumns, shown: shownRows * shownColumns };
}

/** A number of columns that gives full rows in a landscape shape, or nearly so. */
export function tidyColumns(count: number, most: number): number {
  if (count <= Math.min(8, most)) return count;
  let best = 0;
  for (let columns = 2; columns <= Math.min(count, most); columns++) {
    if (count % columns !== 0) continue;
    const ratio = columns / (count / columns);
    if (ratio < 0.9 || ratio > 4.5) continue;
    if (best === 0 || Math.abs(ratio - 2) < Math.abs(best / (count / best) - 2)) best = columns;
  }
  return best > 0 ? best : Math.min(most, Math.ceil(Math.sqrt(count * 2)));
}

/** Pixels a feature map takes at most on either side; a larger one is shrunk. */
export const largestMap = 512;

/** The size of a picture once it is shrunk to fit a square box; the same when it fits. */
export function sizeInBox(
  { width, height }: { width: number; height: number },
  side: number,
): { width: number; height: number } {
  const ratio = Math.min(1, side / width, side / height);
  return {
    width: Math.max(1, Math.floor(width * ratio)),
    height: Math.max(1, Math.floor(height * ratio)),
  };
}

/** How feature maps of several pictures are laid out. */
export interface BlockFit {
  /** Whether each picture is one row; otherwise it is a block of rows. */
  readonly table: boolean;
  /** Whole factor each map is enlarged by. */
  readonly scale: number;
  /** Maps beside one another. */
  readonly columns: number;
  /** Pictures shown. */
  readonly pictures: number;
  /** Channels shown. */
  readonly channels: number;
  /** Pixels between maps. */
  readonly gutter: number;
}

/**
 * Fits `pictures` times `channels` maps onto a sheet: in one row a picture where the maps can be 32
 * pixels wide (so that channels line up), otherwise in blocks. At most 16 pictures are shown, fewer
 * when their maps are large; channels are left out only when their maps would be smaller than the
 * least readable size.
 */
export function fitBlocks(
  pictures: number,
  channels: number,
  { width, height, input }: { width: number; height: number; input: boolean },
): BlockFit {
  const gutter = 4;
  const tile: TileSize = { width, height, gutter, sideWidth: 70 };
  const scales = scalesFor(tile);
  const least = cellOf(tile, scales[scales.length - 1]).height + 36;
  const shown = Math.min(16, pictures, Math.max(1, Math.floor(bodyHeight / least)));
  const blocks: TileSize = { ...tile, sideWidth: input ? 150 : 120 };
  const perBlock = (scale: number) => {
    const cell = cellOf(blocks, scale);
    const rows = Math.floor((bodyHeight / shown - 36) / cell.height);
    const columns = Math.min(channels, room(blocks, scale).columns);
    return { rows: Math.max(1, rows), columns };
  };
  const tableScale = scales.find((scale) => {
    const free = room(tile, scale);
    return channels + (input ? 1 : 0) <= free.columns && shown <= free.rows;
  });
  const fitting = scales.filter((scale) => {
    const { rows, columns } = perBlock(scale);
    return Math.ceil(channels / columns) <= rows;
  });
  const even = fitting.find((scale) => channels % evenColumns(channels, perBlock(scale)) === 0);
  const blockScale = even !== undefined && even >= 0.7 * fitting[0] ? even : fitting[0];
  const wide = (scale: number) => scale * Math.max(width, height);
  const table = tableScale !== undefined &&
    (shown > 1 && wide(tableScale) >= 32 || tableScale >= (blockScale ?? 0));
  if (table) {
    return { table, scale: tableScale, columns: channels, pictures: shown, channels, gutter };
  }
  const scale = blockScale ?? scales[scales.length - 1];
  const { rows } = perBlock(scale);
  const columns = evenColumns(channels, perBlock(scale));
  return {
    table,
    scale,
    columns,
    pictures: shown,
    channels: Math.min(channels, rows * columns),
    gutter,
  };
}

/** The widest row of at most `columns` that divides `count` evenly, unless that is too narrow. */
function evenColumns(count: number, free: { columns: number; rows: number }): number {
  for (let columns = free.columns; columns * 2 > free.columns; columns--) {
    if (count % columns === 0 && count / columns <= free.rows) return columns;
  }
  return free.columns;
}
