import { type Algorithm, chooseAlgorithms, type Precision } from "../algorithm.ts";
import type { Block } from "../block.ts";
import { NARROW } from "../work.ts";
import type { ConvGeometry } from "../geometry.ts";
import {
  flattened,
  forwardTaps,
  innerSize,
  inputGradientTaps,
  readsRuns,
  tapCount,
  type TapTable,
  tileLayout,
} from "../taps.ts";
import { interleavedScratch } from "../interleaved.ts";
import { ceil16, type Phases, type Placed, placePhases, placeTable } from "./conv2d_tables.ts";
import { columnSums } from "./elementwise.ts";
import { type Runtime, runtime } from "./runtime.ts";

/** The partial sums of a kernel gradient may take this many bytes. */
const PARTIAL_BYTES = 32 << 20;
/** Into how many parts the pixels are split for the kernel gradient, at most; more than this would cost more to add up than it helps to share. */
const PARTS = 8;

/**
 * What is done to results as they are stored: nothing, `"relu"`, or `"gate"`: only those are kept where
 * the output held something above 0, which is the gradient of the relu that made it, written over it.
 */
export type Finish = "none" | "relu" | "gate";

/** Lower bound of the results, and 1 for a gate. */
function ending(finish: Finish): readonly [number, number] {
  return [finish === "relu" ? 0 : -Infinity, finish === "gate" ? 1 : 0];
}

/** What may be said of how a convolution is computed. */
export interface PassOptions {
  /** Default `"fast"`. */
  precision?: Precision;
  /** Whether weights seldom change, so that what is made of them is kept: for inference. Default false. */
  keep?: boolean;
  /** Chooses the algorithm of each table; for tests and measurements. */
  choose?: typeof chooseAlgorithms;
}

/**
 * The three passes of one convolution geometry: forward, input gradient, kernel gradient.
 *
 * `x` is the convolution's input and `y` its output; a transposed convolution runs `inputGradient`
 * forward and `forward` backward. Kernels are `[kh, kw, inputChannels/groups, outputChannels]`.
 */
export class Conv2dPasses {
  readonly #runtime: Runtime = runtime();
  readonly #keep: boolean;
  readonly #forward: Phases;
  readonly #backward: Phases;
  readonly #kernel: Placed;
  /** Room for a bias of joined pixels. */
  readonly #bias: Block | null = null;

  /** @param geometry A geometry made by `convGeometry` or `convTransposeGeometry`. */
  constructor(readonly geometry: ConvGeometry, options: PassOptions = {}) {
    const { precision = "fast", keep = false, choose = chooseAlgorithms } = options;
    this.#keep = keep;
    const flat = flattened(geometry), [, , channels] = flat.input;
    if (channels > geometry.input[2]) this.#bias = this.#runtime.allocate(channels);
    const place = (tables: readonly TapTable[]) =>
      placePhases(tables, choose(tables, precision, "pixels"));
    this.#forward = place([forwardTaps(flat)]);
    this.#backward = place(inputGradientTaps(flat));
    const [forward] = this.#forward.placed;
    const [algorithm] = choose([forward.table], precision, "kernel");
    const same = algorithm.kind === forward.algorithm.kind;
    this.#kernel = same ? forward : placeTable(forward.table, algorithm);
  }

  /** How the forward pass and each phase of the input gradient are computed. */
  get algorithms(): { forward: Algorithm; backward: readonly Algorithm[] } {
    return {
      forward: this.#forward.placed[0].algorithm,
      backward: this.#backward.placed.map(({ algorithm }) => algorithm),
    };
  }

  /** y = finish(conv(x, kernel) + bias). */
  forward(x: Block, kernel: Block, bias: Block | null, y: Block, finish: Finish = "none"): void {
    this.#pass(this.#forward, x, kernel, bias, y, 0, finish);
  }

  /** x = finish(convᵀ(y, kernel) + bias): the input gradient, or a transposed convolution. Overwrites x. */
  inputGradient(
    y: Block,
    kernel: Block,
    bias: Block | null,
    x: Block,
    finish: Finish = "none",
  ): void {
    this.#pass(this.#backward, y, kernel, bias && this.#joinedBias(bias), x, 1, finish);
  }

  /** The bias of the input's pixels, as often as pixels were joined to one. */
  #joinedBias(bias: Block): Block {
    if (!this.#bias) return bias;
    const { view } = this.#bias;
    for (let at = 0; at < view.length; at += bias.length) view.set(bias.view, at);
    return this.#bias;
  }

  /** One table after the other, or all from one product of every source pixel with every tap. */
  #pass(
    { placed, addresses, withTaps, tapAddresses, products, others, fills }: Phases,
    from: Block,
    kernel: Block,
    bias: Block | null,
    to: Block,
    swapped: number,
    finish: Finish,
  ): void {
    const operands = [from.address, kernel.address, bias?.address ?? 0, to.address];
    const ends = ending(finish);
    const [{ table: { pictures, groups, kernel: size, source, output } }] = placed;
    const all = (kind: Algorithm["kind"]) =>
      !products && withTaps.every(({ algorithm }) => algorithm.kind === kind);
    if (withTaps.length && all("interleaved")) {
      const [{ table, interleaved }] = withTaps;
      this.#runtime.reserve(interleavedScratch(table, interleaved), 4 * kernel.length);
      const tables = [addresses.address, placed.length, interleaved];
      this.#runtime.call("interleaved_pass", ...tables, ...operands, swapped, ...ends);
      return;
    }
    // Not where that would overwrite old values (a gate).
    const filled = fills && finish !== "gate", [height, width, channels] = output;
    const phases = filled ? others.filter(({ table }) => tapCount(table)) : others;
    const tables = filled
      ? [tapAddresses.address, withTaps.length]
      : [addresses.address, placed.length];
    const room = Math.max(...phases.map(({ scratch }) => scratch)) + 16 * channels;
    if (phases.length && all("depthwise")) {
      this.#runtime.reserve(room, 0);
      this.#runtime.call("depthwise_pass", ...tables, ...operands, ...ends, +filled);
      return;
    }
    if (filled) {
      const [, , start, result] = operands, pixels = pictures * height * width;
      this.#runtime.reserve(16 * channels + 512, 0);
      this.#runtime.call("fill_pixels", result, pixels, channels, start, ends[0]);
    }
    if (products) {
      this.#runtime.reserve(products.scratch, products.workspace);
      const places = [products.words.address, products.count, ...operands];
      this.#runtime.callNarrow(output[2] / groups, "conv2d_pass", ...places, swapped, ...ends);
    }
    if (!phases.length) return;
    if (all("scatter")) {
      const columns = ceil16(size[0] * size[1] * channels);
      const sums = (source[0] * source[1] + 11) * columns;
      const lists = 8 * size[0] * size[1] + 256;
      this.#runtime.reserve(lists + sums * 4, source[2] * columns * 4);
      this.#runtime.call("scatter_pass", ...tables, ...operands, swapped, ...ends);
      return;
    }
    const key = phases.some(({ winograd }) => winograd) ? this.#keyOf(kernel) : null;
    for (const { table, winograd, planes, words } of phases) {
      if (winograd) {
        winograd.run(from, kernel, bias, to, swapped, ends, key);
      } else if (planes) {
        this.#runtime.reserve(planes.scratch, 4 * innerSize(table) * table.output[2]);
        const places = [words.address, planes.words.address, ...operands];
        this.#runtime.call("planar_pass", ...places, swapped, ...ends);
      } else {
        this.#runtime.reserve(room, 0);
        const at = addresses.address + 4 * placed.findIndex((phase) => phase.words === words);
        this.#runtime.call("depthwise_pass", at, 1, ...operands, ...ends, 0);
      }
    }
  }

  /**
   * What the kernel's numbers and the register tile are known by; null where nothing is to be kept.
   * While the tile is being chosen its width may change within any call.
   */
  #keyOf(kernel: Block): string | null {
    const runtime = this.#runtime;
    if (!this.#keep || runtime.choosesTile) return null;
    runtime.reserve(0, 64 * Math.ceil(kernel.length / 16384));
    const print = runtime.call("fingerprint", kernel.length, kernel.address);
    return `${print} ${runtime.tileColumns}`;
  }

  /**
   * dkernel += gradient of the kernel, from the convolution's input x and its output's gradient dy;
   * dbias += that of its bias, the sum of dy over all pixels.
   */
  kernelGradient(x: Block, dy: Block, dkernel: Block, dbias: Block | null = null): void {
    if (this.#kernelGradient(x, dy, dkernel, dbias) || !dbias) return;
    const { batch, output } = this.geometry;
    columnSums(dy, batch * output[0] * output[1], dbias);
  }

  /** The same; says whether it has done dbias too. */
  #kernelGradient(x: Block, dy: Block, dkernel: Block, dbias: Block | null): boolean {
    const { table, algorithm, words, winograd, planes, interleaved, scratch } = this.#kernel;
    if (!tapCount(table)) return false;
    const places = [words.address, x.address, dy.address, dkernel.address];
    if (planes || interleaved) {
      const size = 16 * table.output[2] * (innerSize(table) + 8);
      const blocks = planes ? planes.bands : Math.ceil(table.pictures / interleaved);
      const parts = Math.max(1, Math.min(PARTS, Math.floor(PARTIAL_BYTES / size), blocks));
      const [taps, ...operands] = places;
      if (planes) {
        this.#runtime.reserve(planes.scratch, parts * size);
        const all = [taps, planes.words.address, ...operands, parts];
        this.#runtime.call("planar_kernel_gradient", ...all);
      } else {
        this.#runtime.reserve(interleavedScratch(table, interleaved), parts * size);
        this.#runtime.call("interleaved_kernel_gradient", taps, interleaved, ...operands, parts);
      }
      return false;
    }
    if (algorithm.kind === "depthwise") {
      const size = tapCount(table) * ceil16(table.source[2]) * 4;
      this.#runtime.reserve(scratch, PARTS * size);
      this.#runtime.call("depthwise_kernel_gradient", ...places, PARTS);
      return false;
    }
    if (winograd?.gradientFits && table.steps[0] * table.steps[1] === 1) {
      winograd.gradient(x, dy, dkernel, 0, dbias);
      return true;
    }
    // Each phase of the input gradient holds taps of its own: together they are the kernel.
    const phases = this.#backward.placed;
    if (winograd && phases.every((phase) => phase.winograd?.gradientFits)) {
      for (const { winograd } of phases) winograd!.gradient(dy, x, dkernel, 1);
      return false;
    }
    const pixels = table.pictures * table.grid[0] * table.grid[1], k = innerSize(table);
    const n = table.output[2] / table.groups, narrow = n <= NARROW;
    const rows = table.taps[0].length, runs = narrow || readsRuns(table) ? this.#kernel.runs : 0;
    // Slices of whole register tiles, one a row of taps: where their pixels are read in place, and where few
    // parts would leave threads without work.
    const sized = (slices: number) =>
      4 * table.groups * slices * Math.ceil(k / slices / 6) * 6 * ceil16(n);
    const tiles = Math.ceil(pixels / tileLayout(table).rows);
    const parts = Math.max(1, Math.min(PARTS, Math.floor(PARTIAL_BYTES / sized(rows)), tiles));
    const apart = !narrow && parts * table.groups < PARTS && rows > 1;
    const slices = apart || (runs && !narrow) ? rows : 1;
    // Sums of up to four narrow outputs, in whole vectors.
    const sums = 4 * NARROW * (k + 3 * tapCount(table)) + 64;
    this.#runtime.reserve(scratch + sums, parts * sized(slices));
    const options = [parts, slices, apart ? 1 : 0, runs];
    this.#runtime.callNarrow(n, "conv2d_kernel_gradient", ...places, ...options);
    return false;
  }
}
