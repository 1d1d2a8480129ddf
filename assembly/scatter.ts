// deno-lint-ignore-file no-unused-vars verbatim-module-syntax -- AssemblyScript: a class is a layout, used as a type
// Convolution as one product and a gather (col2im): every source pixel is multiplied with all taps
// at once, then every output pixel adds up the values meant for it.
//
//          taps·N               C         taps·N
//        ┌────────┐         ┌───────┐    ┌─────┐        y[cell] = bias + Σ over taps of z[pixel under tap][tap]
//  pixels│   z    │ = pixels│   x   │· C │  w  │
//        └────────┘         └───────┘    └─────┘
//
// For few output channels, where a tile of eight columns would be mostly padding, and for tiny source
// pictures, where most taps of an output pixel would lie outside. A chunk is a picture or a few. Several tap
// tables (the phases of a transposed convolution) share the product. One group.

import { ARGUMENTS, scratchOf, workspace, ZEROS } from "./memory";
import { finish } from "./finish";
import { kernelX, kernelY, offsetX, offsetY, outputPixel, Taps } from "./geometry";
import { packPanel, panels, wholePanels } from "./gemm";
import { MR, tileColumns } from "./microkernel";
import { parallel } from "./parallel";
import { touch } from "./touch";

@unmanaged
class Scatter {
  /** u32 addresses of the tap tables. */
  tables: usize;
  count: i32;
  source: usize;
  kernel: usize;
  bias: usize;
  output: usize;
  swapped: i32;
  low: f32;
  gate: i32;
}

/** Source pixels multiplied at a time. */
const ROWS: i32 = 96;

function table(s: Scatter, q: i32): Taps {
  return changetype<Taps>(<usize> load<u32>(s.tables + <usize> q * 4));
}

/** Columns of z: all kernel pixels' output channels. */
function width(taps: Taps): i32 {
  return taps.kernelHeight * taps.kernelWidth * taps.outputChannels;
}

/** Packs one panel of w as [C][columns], column (tap, n). */
function packChunk(chunk: i32, _thread: i32): void {
  const s = changetype<Scatter>(ARGUMENTS), taps = table(s, 0), wide = tileColumns();
  const c = taps.sourceChannels, n = taps.outputChannels, total = width(taps), j = chunk * wide;
  const to = workspace() + <usize> (j * c) * 4;
  if (s.swapped) {
    // [tap][n][c]: the columns follow each other, c values apart.
    packPanel(c, total - j, s.kernel + <usize> (j * c) * 4, 4, <usize> c * 4, to);
    return;
  }
  // [tap][c][n]
  for (let i = 0; i < wide; i++) {
    const column = j + i, tap = column / n;
    const from = s.kernel + <usize> (tap * c * n + column % n) * 4;
    for (let k = 0; k < c; k++) {
      const at = to + <usize> (k * wide + i) * 4;
      store<f32>(at, column < total ? load<f32>(from + <usize> (k * n) * 4) : <f32> 0);
    }
  }
}

/** Bytes of two tables with an address for each tap, in front of z. */
function tableBytes(taps: Taps): usize {
  return <usize> (8 * taps.kernelHeight * taps.kernelWidth + 63) & ~63;
}

/** Pictures a chunk takes: one, or as many as fill a register tile where they have fewer pixels than that. */
function picturesOf(taps: Taps): i32 {
  const pixels = taps.sourceHeight * taps.sourceWidth;
  return (MR + pixels - 1) / pixels;
}

function pictureChunk(chunk: i32, thread: i32): void {
  const s = changetype<Scatter>(ARGUMENTS), taps = table(s, 0), columns = wholePanels(width(taps));
  const pixels = taps.sourceHeight * taps.sourceWidth, tables = scratchOf(thread);
  const z = tables + tableBytes(taps);
  const c = taps.sourceChannels, line = <usize> columns * 4, pixel = <usize> c * 4;
  const first = chunk * picturesOf(taps), count = min(picturesOf(taps), taps.pictures - first);
  const source = s.source + <usize> (first * pixels) * pixel;
  for (let p = 0; p < count * pixels; p += ROWS) {
    // Up to five rows past the last pixel are made too; nobody reads them.
    const rows = (min(ROWS, count * pixels - p) + MR - 1) / MR * MR;
    const a = source + <usize> p * pixel, to = z + <usize> p * line;
    touch(a, <usize> rows * pixel, 64, to);
    panels(rows, columns, c, a, pixel, workspace(), to, line, ZEROS, 0);
  }
  for (let i = 0; i < count; i++) {
    const products = z + <usize> (i * pixels) * line;
    for (let q = 0; q < s.count; q++) {
      gatherPhase(s, table(s, q), first + i, products, line, tables);
    }
  }
}

/** Where in z each tap's values for a cell are, from those of the source pixel under its first tap on. */
function relativeTaps(taps: Taps, line: usize, to: usize): void {
  const value = <usize> taps.outputChannels * 4;
  for (let r = 0; r < taps.tapsY; r++) {
    const down = (offsetY(taps, r) - offsetY(taps, 0)) * taps.sourceWidth;
    for (let t = 0; t < taps.tapsX; t++, to += 4) {
      const tap = kernelY(taps, r) * taps.kernelWidth + kernelX(taps, t);
      const pixel = down + offsetX(taps, t) - offsetX(taps, 0);
      store<u32>(to, <u32> (<usize> pixel * line + <usize> tap * value));
    }
  }
}

/** The addresses in z of the values for a cell whose source pixels lie in the picture; returns how many. */
function tapsInside(taps: Taps, i: i32, j: i32, z: usize, line: usize, to: usize): i32 {
  const value = <usize> taps.outputChannels * 4;
  let count = 0;
  for (let r = 0; r < taps.tapsY; r++) {
    const y = i * taps.stepY + offsetY(taps, r);
    if (<u32> y >= <u32> taps.sourceHeight) continue;
    for (let t = 0; t < taps.tapsX; t++) {
      const x = j * taps.stepX + offsetX(taps, t);
      if (<u32> x >= <u32> taps.sourceWidth) continue;
      const tap = kernelY(taps, r) * taps.kernelWidth + kernelX(taps, t);
      const at = z + <usize> (y * taps.sourceWidth + x) * line + <usize> tap * value;
      store<u32>(to + <usize> count * 4, <u32> at);
      count++;
    }
  }
  return count;
}

/** Adds up the output pixels of one tap table; `tables` is room for two addresses a tap. */
function gatherPhase(
  s: Scatter,
  taps: Taps,
  picture: i32,
  z: usize,
  line: usize,
  tables: usize,
): void {
  const n = taps.outputChannels, all = taps.tapsY * taps.tapsX, inside = tables + <usize> all * 4;
  if (all) relativeTaps(taps, line, tables);
  const firstY = all ? offsetY(taps, 0) : 0, firstX = all ? offsetX(taps, 0) : 0;
  const lastY = all ? offsetY(taps, taps.tapsY - 1) : 0;
  const lastX = all ? offsetX(taps, taps.tapsX - 1) : 0;
  for (let i = 0; i < taps.gridHeight; i++) {
    const y = i * taps.stepY, rowInside = y + firstY >= 0 && y + lastY < taps.sourceHeight;
    for (let j = 0; j < taps.gridWidth; j++) {
      const x = j * taps.stepX, to = s.output + outputPixel(taps, picture, i, j);
      let count = all, places = tables, base: usize = 0;
      if (rowInside && x + firstX >= 0 && x + lastX < taps.sourceWidth) {
        base = z + <usize> ((y + firstY) * taps.sourceWidth + x + firstX) * line;
      } else count = tapsInside(taps, i, j, z, line, places = inside);
      const end = places + <usize> count * 4;
      for (let c = 0; c < n; c += 4) {
        const at = <usize> c * 4, values = base + at;
        let sum = v128.load(s.bias ? s.bias + at : ZEROS);
        for (let tap = places; tap < end; tap += 4) {
          sum = f32x4.add(sum, v128.load(values + <usize> load<u32>(tap)));
        }
        finish(to + at, sum, n - c, s.low, s.gate);
      }
    }
  }
}

/**
 * output = max(low, bias + Σ over taps of source · kernel), gated as `tile` says, for the output
 * pixels of all `count` tables, which differ in their taps and output cells only.
 *
 * Workspace: channels · (kernel pixels · n, rounded up to 16) floats. Scratch: 8 bytes a tap, 256 more, and
 * (source pixels of a picture + 11) · (kernel pixels · n, rounded up to 16) floats.
 */
export function scatter_pass(
  tables: usize,
  count: i32,
  source: usize,
  kernel: usize,
  bias: usize,
  output: usize,
  swapped: i32,
  low: f32,
  gate: i32,
): void {
  const s = changetype<Scatter>(ARGUMENTS);
  s.tables = tables, s.count = count, s.source = source, s.kernel = kernel, s.bias = bias;
  s.output = output, s.swapped = swapped, s.low = low, s.gate = gate;
  const taps = table(s, 0);
  parallel(packChunk.index, wholePanels(width(taps)) / tileColumns());
  parallel(pictureChunk.index, (taps.pictures + picturesOf(taps) - 1) / picturesOf(taps));
}
