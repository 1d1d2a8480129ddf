// deno-lint-ignore-file verbatim-module-syntax -- AssemblyScript: a class is a layout, used as a type
// Pictures as planes, and back: each channel by itself, row after row with the zeros around it.
//
//   one channel of a picture of 3 rows, with one zero around it; a row's last zeros are the next one's first
//
//     0 0 0 0 0 0           Output cell (i, j) lies at i·pitch + j of its own plane, and what a tap
//     0 a b c d             of it reads lies at i·pitch + j + offset, the same offset for all cells.
//     0 e f g h             So a plane of the output is a sum over taps of shifted planes of the
//     0 i j k l             source: vectors run along rows and across their ends, whatever the
//     0 0 0 0 0 0           channels and sizes. What comes out between rows means nothing.
//
// A strided pass splits the source by the phases of the stride, so that its taps too are shifts.

import { finish } from "./finish";
import { innerSize, outputPixel, Taps } from "./geometry";
import { touch } from "./touch";
import { transposeSquare } from "./simd";

/** How planes are laid out: core/planar.ts makes it. All i32; the lists follow the record. */
@unmanaged
export class Planes {
  /** Groups whose planes exist together. */
  groups: i32;
  /** Whole pictures at a time, or one in bands of so many rows of the grid. */
  pictures: i32;
  rows: i32;
  bands: i32;
  /** Floats from row to row, and rows from picture to picture. */
  pitch: i32;
  pictureRows: i32;
  /** Bytes of a plane of the source, and of one of the output. */
  planeBytes: i32;
  outputBytes: i32;
  /** The cell of the source's phases that a plane starts with, for the grid's first row. */
  firstY: i32;
  firstX: i32;
  /** Cells of the source in a row, and rows of the source beyond those of the grid. */
  columns: i32;
  halo: i32;
  /** How many phases of the source the taps read; then which rows, which columns, and the offset of each k, in two orders. */
  phasesY: i32;
  phasesX: i32;
}

const PLANES_SIZE: usize = 14 * 4;

/** Bytes after the last plane that may be read: zeros. */
export const SLACK: usize = 256;

function word(planes: Planes, i: i32): i32 {
  return load<i32>(changetype<usize>(planes) + PLANES_SIZE + <usize> i * 4);
}

/** Address of the table of byte offsets in a group's planes: one for each k, tap by tap and channel by channel, and eight more. */
export function offsetsOf(planes: Planes): usize {
  return changetype<usize>(planes) + PLANES_SIZE + <usize> (planes.phasesY + planes.phasesX) * 4;
}

/** The same channel by channel and tap by tap. */
export function channelOffsetsOf(taps: Taps, planes: Planes): usize {
  return offsetsOf(planes) + <usize> (innerSize(taps) + 8) * 4;
}

/** Bytes of the planes of a channel of the source. */
export function channelBytes(planes: Planes): usize {
  return <usize> (planes.phasesY * planes.phasesX * planes.planeBytes);
}

/** The pictures and rows of the grid that a chunk works on. */
@unmanaged
export class Band {
  firstPicture: i32;
  pictures: i32;
  firstRow: i32;
  rows: i32;
}

/** How many bands all pictures make. */
export function bandCount(taps: Taps, planes: Planes): i32 {
  return (taps.pictures + planes.pictures - 1) / planes.pictures * planes.bands;
}

export function setBand(band: Band, taps: Taps, planes: Planes, index: i32): void {
  const picture = index / planes.bands * planes.pictures, row = index % planes.bands * planes.rows;
  band.firstPicture = picture, band.pictures = min(planes.pictures, taps.pictures - picture);
  band.firstRow = row, band.rows = min(planes.rows, taps.gridHeight - row);
}

/** Bytes from the first to the last cell of a band in a plane of the output. */
export function bandBytes(taps: Taps, planes: Planes, band: Band): usize {
  const rows = (band.pictures - 1) * planes.pictureRows + band.rows;
  return <usize> ((rows - 1) * planes.pitch + taps.gridWidth) * 4;
}

/**
 * Makes the planes of `count` channels of the source, the zeros around included.
 *
 * @param wanted whether nobody has read these pixels yet
 */
export function splitSource(
  taps: Taps,
  planes: Planes,
  band: Band,
  source: usize,
  count: i32,
  to: usize,
  wanted: bool,
): void {
  const channel = channelBytes(planes), pixel = <usize> taps.sourceChannels * 4;
  const stepX = taps.stepX, height = taps.sourceHeight, width = taps.sourceWidth;
  const pitch = <usize> planes.pitch * 4, rows = band.rows + planes.halo;
  // Rows of the source that the band reaches, phases together.
  const top = max((band.firstRow + planes.firstY) * taps.stepY, 0);
  const bottom = min((band.firstRow + planes.firstY + rows) * taps.stepY, height);
  memory.fill(to, 0, <usize> count * channel + SLACK);
  for (let n = 0; n < band.pictures; n++) {
    const picture = source + <usize> ((band.firstPicture + n) * height * width) * pixel;
    if (wanted && top < bottom) {
      const line = <usize> width * pixel, sink = changetype<usize>(band) + offsetof<Band>();
      touch(picture + <usize> top * line, <usize> (bottom - top) * line, 64, sink);
    }
    for (let phase = 0; phase < planes.phasesY * planes.phasesX; phase++) {
      const startY = word(planes, phase / planes.phasesX);
      const startX = word(planes, planes.phasesY + phase % planes.phasesX);
      const left = max(planes.firstX, 0), cells = (width - startX + stepX - 1) / stepX;
      const some = min(planes.firstX + planes.columns, cells) - left;
      if (some <= 0) continue;
      let at = to + <usize> (phase * planes.planeBytes) +
        <usize> (n * planes.pictureRows) * pitch + <usize> (left - planes.firstX) * 4;
      for (let row = 0; row < rows; row++, at += pitch) {
        const y = (band.firstRow + planes.firstY + row) * taps.stepY + startY;
        if (<u32> y >= <u32> height) continue;
        const from = picture + <usize> (y * width + left * stepX + startX) * pixel;
        splitRow(from, <usize> stepX * pixel, some, count, at, channel);
      }
    }
  }
}

/** One row of `cells` pixels, `step` bytes apart, becomes a row in each of `count` planes. */
export function splitRow(
  from: usize,
  step: usize,
  cells: i32,
  count: i32,
  to: usize,
  plane: usize,
): void {
  const bytes = <usize> cells * 4;
  for (let c = 0; c < count; c += 4) {
    // The last square overlaps the one before it: the same values are written twice.
    const first = count >= 4 ? min(c, count - 4) : c, some = min(4, count - first);
    const at = to + <usize> first * plane, pixels = from + <usize> first * 4;
    if (cells < 4 || some == 1) {
      for (let k = 0; k < some; k++) {
        gatherRow(pixels + <usize> k * 4, step, bytes, at + <usize> k * plane);
      }
      continue;
    }
    let pixel = pixels;
    for (let i: usize = 0; i + 16 <= bytes; i += 16, pixel += 4 * step) {
      transposeSquare(pixel, step, at + i, plane, some);
    }
    if (cells & 3) {
      transposeSquare(pixels + <usize> (cells - 4) * step, step, at + bytes - 16, plane, some);
    }
  }
}

/** Values `step` bytes apart become adjacent. */
function gatherRow(from: usize, step: usize, bytes: usize, to: usize): void {
  const end = to + bytes;
  if (step == 4) {
    for (; to + 16 <= end; to += 16, from += 16) v128.store(to, v128.load(from));
  }
  for (; to < end; to += 4, from += step) store<f32>(to, load<f32>(from));
}

/** Writes the band's cells of `count` planes as pixels, bounded and gated as `tile` says. */
export function joinOutput(
  taps: Taps,
  planes: Planes,
  band: Band,
  from: usize,
  count: i32,
  output: usize,
  low: f32,
  gate: i32,
): void {
  const step = <usize> (taps.strideX * taps.outputChannels) * 4, pitch = <usize> planes.pitch * 4;
  const plane = <usize> planes.outputBytes, spare = changetype<usize>(band) + offsetof<Band>();
  for (let n = 0; n < band.pictures; n++) {
    let row = from + <usize> (n * planes.pictureRows) * pitch;
    for (let i = 0; i < band.rows; i++, row += pitch) {
      const to = output + outputPixel(taps, band.firstPicture + n, band.firstRow + i, 0);
      if (step == 4) {
        for (let j = 0; j < taps.gridWidth; j += 4) {
          const at = <usize> j * 4;
          const v = v128.load(row + at), left = taps.gridWidth - j;
          if (gate || left < 4) finish(to + at, v, left, low, gate);
          else v128.store(to + at, f32x4.pmax(v, f32x4.splat(low)));
        }
        continue;
      }
      for (let c = 0; c < count; c += 4) {
        // The last four overlap those before: the same values are written twice. A gate would see them.
        const first = count < 4 || gate ? c : min(c, count - 4), some = min(4, count - first);
        const p0 = row + <usize> first * plane, lanes = <usize> first * 4;
        const p1 = some > 1 ? p0 + plane : p0, p2 = some > 2 ? p1 + plane : p0;
        const p3 = some > 3 ? p2 + plane : p0;
        joinRow(p0, p1, p2, p3, taps.gridWidth, some, to + lanes, step, low, gate, spare);
      }
    }
  }
}

/** One row of up to four planes becomes a row of pixels, `step` bytes apart. `spare` is room for four vectors. */
function joinRow(
  p0: usize,
  p1: usize,
  p2: usize,
  p3: usize,
  cells: i32,
  count: i32,
  to: usize,
  step: usize,
  low: f32,
  gate: i32,
  spare: usize,
): void {
  const floor = f32x4.splat(low);
  for (; cells > 0; cells -= 4) {
    if (count == 1 && cells >= 4 && !gate) {
      const v = f32x4.pmax(v128.load(p0), floor);
      p0 += 16, p1 = p0, p2 = p0, p3 = p0;
      store<f32>(to, f32x4.extract_lane(v, 0)), to += step;
      store<f32>(to, f32x4.extract_lane(v, 1)), to += step;
      store<f32>(to, f32x4.extract_lane(v, 2)), to += step;
      store<f32>(to, f32x4.extract_lane(v, 3)), to += step;
      continue;
    }
    const a = v128.load(p0), b = v128.load(p1), c = v128.load(p2), d = v128.load(p3);
    p0 += 16, p1 += 16, p2 += 16, p3 += 16;
    const ab0 = v128.shuffle<f32>(a, b, 0, 4, 1, 5), ab1 = v128.shuffle<f32>(a, b, 2, 6, 3, 7);
    const cd0 = v128.shuffle<f32>(c, d, 0, 4, 1, 5), cd1 = v128.shuffle<f32>(c, d, 2, 6, 3, 7);
    // Fewer than four channels: a pixel's vector runs into the next, which is written after it.
    if (!gate && cells >= 4 && (count == 4 || cells > 4 && step == <usize> count * 4)) {
      v128.store(to, f32x4.pmax(v128.shuffle<f32>(ab0, cd0, 0, 1, 4, 5), floor)), to += step;
      v128.store(to, f32x4.pmax(v128.shuffle<f32>(ab0, cd0, 2, 3, 6, 7), floor)), to += step;
      v128.store(to, f32x4.pmax(v128.shuffle<f32>(ab1, cd1, 0, 1, 4, 5), floor)), to += step;
      v128.store(to, f32x4.pmax(v128.shuffle<f32>(ab1, cd1, 2, 3, 6, 7), floor)), to += step;
      continue;
    }
    v128.store(spare, v128.shuffle<f32>(ab0, cd0, 0, 1, 4, 5));
    v128.store(spare, v128.shuffle<f32>(ab0, cd0, 2, 3, 6, 7), 16);
    v128.store(spare, v128.shuffle<f32>(ab1, cd1, 0, 1, 4, 5), 32);
    v128.store(spare, v128.shuffle<f32>(ab1, cd1, 2, 3, 6, 7), 48);
    for (let i: usize = 0; i < <usize> min(cells, 4) * 16; i += 16, to += step) {
      finish(to, v128.load(spare + i), count, low, gate);
    }
  }
}
