// deno-lint-ignore-file verbatim-module-syntax -- AssemblyScript: a class is a layout, used as a type
// A tap table of a convolution's pass as a product of pixels and weights: how its pixels are read, which
// kernel makes it, and its weights as that kernel wants them. conv2d.ts computes it.
//
// Kernel array: [kernelHeight][kernelWidth][a][b], where for the forward pass a is the input channel
// within its group and b the output channel; for the input gradient the roles are exchanged.

import { innerSize, kernelX, kernelY, Taps } from "./geometry";
import { packPanel, wholePanels } from "./gemm";
import { workspace } from "./memory";
import { tileColumns } from "./microkernel";
import { narrowLine, packNarrow } from "./microkernel_narrow";
import { packThin, THIN, thinColumns } from "./microkernel_thin";

/** A tap table of a pass, as core/wasm/conv2d.ts lists them. */
@unmanaged
export class Product {
  taps: Taps;
  /** Runs of the source that a cell is read from in place; 0 where it is copied. */
  runs: i32;
  /** Where its packed weights lie in the workspace, in bytes. */
  weights: u32;
}

/** Bytes of the record. */
export const PRODUCT: usize = 12;

/** Products of so small a k and at least so many columns are thin (core/work.ts knows too). */
const THIN_COLUMNS: i32 = 96;

/** Runs that a cell is read from, one where it is copied, and the values of each. */
export function runsOf(product: Product): i32 {
  return max(1, product.runs);
}
export function depthOf(product: Product): i32 {
  return innerSize(product.taps) / runsOf(product);
}

/** So many columns at most are a panel or two of eight and one or two more. */
const TAILED: i32 = 18;

/**
 * How many of a group's last columns are made apart, as a narrow product: all where the tile is narrow, one
 * or two that a panel of their own would mostly pad.
 */
export function tailOf(taps: Taps): i32 {
  const n = taps.outputChannels / taps.groups, over = n & 7;
  if (tileColumns() == 4) return n;
  return n > 8 && n <= TAILED && over <= 2 ? over : 0;
}

/** Bytes of a column of a narrow product's panel under each run. */
function lineOf(product: Product): usize {
  return narrowLine(depthOf(product));
}

/** Columns of a group that are not narrow. */
export function wideColumns(taps: Taps): i32 {
  return taps.outputChannels / taps.groups - tailOf(taps);
}

/** Bytes of the packed weights of one group's wide columns, and of all. */
export function wideBytes(product: Product): usize {
  return <usize> (innerSize(product.taps) * wholePanels(wideColumns(product.taps))) * 4;
}
export function groupBytes(product: Product): usize {
  const tail = tailOf(product.taps) ? 4 * lineOf(product) * <usize> runsOf(product) : <usize> 0;
  return wideBytes(product) + tail;
}

/** Whether results are most of the traffic, and k so small that microkernel_thin.ts is faster. */
export function isThin(product: Product): bool {
  const taps = product.taps, k = innerSize(taps);
  const narrow = product.runs > 1 || taps.outputChannels / taps.groups < THIN_COLUMNS;
  return !narrow && k > 0 && k <= THIN;
}

/** Packs the kernel slices of one group for a thin product. */
function packGroup(product: Product, kernel: usize, swapped: bool, group: i32): void {
  const taps = product.taps;
  const channels = taps.sourceChannels / taps.groups, n = taps.outputChannels / taps.groups;
  const k = innerSize(taps);
  const to = workspace() + product.weights + <usize> (group * k * thinColumns(n)) * 4;
  for (let r = 0, first = 0; r < taps.tapsY; r++) {
    for (let s = 0; s < taps.tapsX; s++, first += channels) {
      const at = tapWeights(taps, kernel, swapped, group, r, s);
      packThin(channels, n, at, along(taps, swapped), across(taps, swapped), to, first, k);
    }
  }
}

/** Packs the wide columns j, j+1, … of a group as a panel [tapsY][tapsX][channels][columns]. */
function packWide(
  product: Product,
  kernel: usize,
  swapped: bool,
  group: i32,
  j: i32,
  to: usize,
): void {
  const taps = product.taps,
    bytes = <usize> (taps.sourceChannels / taps.groups * tileColumns()) * 4;
  for (let r = 0; r < taps.tapsY; r++) {
    for (let s = 0; s < taps.tapsX; s++, to += bytes) {
      packTap(taps, kernel, swapped, group, j, r, s, to);
    }
  }
}

/** Packs the narrow columns of a group, as microkernel_narrow.ts says. */
function packTail(product: Product, kernel: usize, swapped: bool, group: i32, to: usize): void {
  const taps = product.taps, line = lineOf(product), tail = tailOf(taps);
  const channels = taps.sourceChannels / taps.groups;
  const sk = along(taps, swapped), sn = across(taps, swapped);
  const skip = <usize> wideColumns(taps) * sn;
  const together = taps.tapsY * taps.tapsX / runsOf(product);
  memory.fill(to, 0, 4 * line * <usize> runsOf(product));
  for (let r = 0, tap = 0; r < taps.tapsY; r++) {
    for (let s = 0; s < taps.tapsX; s++, tap++) {
      const run = tap / together, inRun = <usize> ((tap - run * together) * channels) * 4;
      const from = tapWeights(taps, kernel, swapped, group, r, s) + skip;
      packNarrow(channels, tail, from, sk, sn, to + <usize> (4 * run) * line + inRun, line);
    }
  }
}

/** Panels of a group, its narrow columns among them; as many for every table of a pass. */
export function panelsOf(taps: Taps): i32 {
  return wholePanels(wideColumns(taps)) / tileColumns() + (tailOf(taps) ? 1 : 0);
}

/**
 * Packs one of so many panels of a group; all of it with the first where the product is thin.
 *
 * @param lapped whether the last wide panel is of the last columns, as `tiles` says
 */
export function packProduct(
  product: Product,
  kernel: usize,
  swapped: bool,
  lapped: bool,
  group: i32,
  panel: i32,
): void {
  const taps = product.taps, wide = tileColumns(), columns = wideColumns(taps);
  if (isThin(product)) {
    if (!panel) packGroup(product, kernel, swapped, group);
    return;
  }
  const to = workspace() + product.weights + <usize> group * groupBytes(product);
  const j = panel * wide;
  if (j >= columns) {
    packTail(product, kernel, swapped, group, to + wideBytes(product));
    return;
  }
  const at = to + <usize> (j * innerSize(taps)) * 4;
  packWide(product, kernel, swapped, group, lapped ? min(j, columns - wide) : j, at);
}

/** Bytes from one source channel to the next in the kernel's array, and from one output channel to the next. */
function along(taps: Taps, swapped: bool): usize {
  return swapped ? 4 : <usize> taps.outputChannels * 4;
}
function across(taps: Taps, swapped: bool): usize {
  return swapped ? <usize> taps.sourceChannels * 4 : 4;
}

/** The address of the weight between a group's first channels under tap (r, s). */
function tapWeights(taps: Taps, kernel: usize, swapped: bool, group: i32, r: i32, s: i32): usize {
  const channels = taps.sourceChannels / taps.groups, n = taps.outputChannels / taps.groups;
  const inner = swapped ? channels : n;
  const pixel = kernelY(taps, r) * taps.kernelWidth + kernelX(taps, s);
  return kernel + <usize> ((pixel * channels * n * taps.groups) + group * inner) * 4;
}

/** Packs the kernel slices of tap (r, s) for a panel of a group's output channels j, j+1, …: [channels][columns]. */
export function packTap(
  taps: Taps,
  kernel: usize,
  swapped: bool,
  group: i32,
  j: i32,
  r: i32,
  s: i32,
  to: usize,
): void {
  const channels = taps.sourceChannels / taps.groups, n = taps.outputChannels / taps.groups;
  const sk = along(taps, swapped), sn = across(taps, swapped);
  const at = tapWeights(taps, kernel, swapped, group, r, s) + <usize> j * sn;
  packPanel(channels, n - j, at, sk, sn, to);
}
