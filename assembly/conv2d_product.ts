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

/** Products of so small a k and at least so many columns are thin (core/cost.ts knows too). */
const THIN_COLUMNS: i32 = 96;

/** Runs that a cell is read from, one where it is copied, and the values of each. */
export function runsOf(product: Product): i32 {
  return max(1, product.runs);
}
export function depthOf(product: Product): i32 {
  return innerSize(product.taps) / runsOf(product);
}

/** Bytes of a column of a narrow product's panel under each run; 0 for a wide product. */
function lineOf(product: Product): usize {
  return tileColumns() > 4 ? 0 : narrowLine(depthOf(product));
}

/** Bytes of the packed weights of one panel of one group. */
export function panelBytes(product: Product): usize {
  const line = lineOf(product);
  return line
    ? 4 * line * <usize> runsOf(product)
    : <usize> (innerSize(product.taps) * tileColumns()) * 4;
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

/** Packs one panel of one group: [tapsY][tapsX][channels][columns], narrow ones as microkernel_narrow.ts says. */
function packPanelOf(
  product: Product,
  kernel: usize,
  swapped: bool,
  lapped: bool,
  panel: i32,
): void {
  const taps = product.taps, line = lineOf(product), bytes = panelBytes(product);
  const to = workspace() + product.weights + <usize> panel * bytes;
  if (line) memory.fill(to, 0, bytes);
  const channels = taps.sourceChannels / taps.groups;
  const together = taps.tapsY * taps.tapsX / runsOf(product);
  for (let r = 0, tap = 0; r < taps.tapsY; r++) {
    for (let s = 0; s < taps.tapsX; s++, tap++) {
      const run = tap / together, inRun = <usize> ((tap - run * together) * channels) * 4;
      const at = line
        ? <usize> (4 * run) * line + inRun
        : <usize> (tap * channels * tileColumns()) * 4;
      packTap(taps, kernel, swapped, panel, r, s, to + at, line, lapped);
    }
  }
}

/** Panels of all groups of a table; as many for every table of a pass. */
export function panelCount(taps: Taps): i32 {
  return taps.groups * (wholePanels(taps.outputChannels / taps.groups) / tileColumns());
}

/** Packs one of so many panels, or a group where the product is thin. */
export function packProduct(
  product: Product,
  kernel: usize,
  swapped: bool,
  lapped: bool,
  panel: i32,
): void {
  if (!isThin(product)) packPanelOf(product, kernel, swapped, lapped, panel);
  else if (panel < product.taps.groups) packGroup(product, kernel, swapped, panel);
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

/**
 * Packs the kernel slices of tap (r, s) for one panel of output channels of one group: [channels][columns].
 *
 * @param panel which panel, counted through all groups
 * @param line  for narrow products, bytes from one of up to four columns to the next
 * @param lapped whether the last panel is of the last columns, as `tiles` says
 */
export function packTap(
  taps: Taps,
  kernel: usize,
  swapped: bool,
  panel: i32,
  r: i32,
  s: i32,
  to: usize,
  line: usize = 0,
  lapped: bool = false,
): void {
  const channels = taps.sourceChannels / taps.groups, n = taps.outputChannels / taps.groups;
  const panels = wholePanels(n) / tileColumns(), group = panel / panels;
  const sk = along(taps, swapped), sn = across(taps, swapped);
  let j = (panel % panels) * tileColumns();
  if (lapped) j = min(j, n - tileColumns());
  const at = tapWeights(taps, kernel, swapped, group, r, s) + <usize> j * sn;
  if (line) packNarrow(channels, n - j, at, sk, sn, to, line);
  else packPanel(channels, n - j, at, sk, sn, to);
}
