import type { Pixels } from "./pixels.ts";

/** How the rows of a PNG picture are stored. */
export interface PngRows {
  /** Pixels in a row. */
  readonly width: number;
  /** Rows. */
  readonly height: number;
  /** Bits a number: 1, 2, 4, 8 or 16. */
  readonly depth: number;
  /** Numbers a pixel. */
  readonly channels: number;
  /** Whether it comes in the seven passes of Adam7. */
  readonly interlaced: boolean;
}

/** Where a pass begins and how far apart its pixels are: x, y, right, down. */
type Pass = readonly [number, number, number, number];

const WHOLE: readonly Pass[] = [[0, 0, 1, 1]];
const ADAM7: readonly Pass[] = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
];

/** The sizes of the passes that have pixels. */
function passes({ width, height, depth, channels, interlaced }: PngRows) {
  return (interlaced ? ADAM7 : WHOLE).map(([x, y, right, down]) => {
    const columns = Math.ceil((width - x) / right), rows = Math.ceil((height - y) / down);
    return { x, y, right, down, columns, rows, bytes: Math.ceil(columns * channels * depth / 8) };
  }).filter(({ columns, rows }) => columns > 0 && rows > 0);
}

/** How many bytes the rows are, each with the byte of its filter. */
export function rowBytes(picture: PngRows): number {
  return passes(picture).reduce((sum, { rows, bytes }) => sum + rows * (1 + bytes), 0);
}

/**
 * The numbers of a picture from its filtered rows, which are overwritten (PNG specification, sections
 * 8 and 9). Returns undefined when a row has a filter there is not.
 */
export function readRows(bytes: Uint8Array, picture: PngRows): Pixels["data"] | undefined {
  const { width, height, depth, channels } = picture;
  const data = new (depth === 16 ? Uint16Array : Uint8Array)(width * height * channels);
  const step = Math.max(1, depth * channels / 8);
  let at = 0;
  for (const pass of passes(picture)) {
    let above: Uint8Array = new Uint8Array(pass.bytes);
    for (let row = 0; row < pass.rows; row++) {
      const filter = bytes[at++], line = bytes.subarray(at, at += pass.bytes);
      if (filter > 4) return undefined;
      unfilter(filter, line, above, step);
      above = line;
      const from = ((pass.y + row * pass.down) * width + pass.x) * channels;
      for (let column = 0, i = 0; column < pass.columns; column++) {
        const to = from + column * pass.right * channels;
        for (let c = 0; c < channels; c++, i++) data[to + c] = numberAt(line, i, depth);
      }
    }
  }
  return data;
}

/** The i-th number of a row; several are in a byte, or two bytes are one. */
function numberAt(line: Uint8Array, i: number, depth: number): number {
  if (depth === 8) return line[i];
  if (depth === 16) return line[2 * i] << 8 | line[2 * i + 1];
  const bit = i * depth;
  return line[bit >> 3] >> 8 - depth - (bit & 7) & (1 << depth) - 1;
}

function unfilter(filter: number, line: Uint8Array, above: Uint8Array, step: number): void {
  const length = line.length;
  if (filter === 1) { for (let i = step; i < length; i++) line[i] += line[i - step]; }
  if (filter === 2) { for (let i = 0; i < length; i++) line[i] += above[i]; }
  if (filter === 3) {
    for (let i = 0; i < length; i++) line[i] += (i < step ? 0 : line[i - step]) + above[i] >> 1;
  }
  if (filter === 4) {
    for (let i = 0; i < length; i++) {
      const left = i < step ? 0 : line[i - step], up = above[i];
      const corner = i < step ? 0 : above[i - step];
      const a = Math.abs(up - corner), b = Math.abs(left - corner);
      const c = Math.abs(left + up - 2 * corner);
      line[i] += a <= b && a <= c ? left : b <= c ? up : corner;
    }
  }
}
