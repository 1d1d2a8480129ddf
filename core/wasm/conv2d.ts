import { type Algorithm, chooseAlgorithm, type Precision } from "../algorithm.ts";
import type { Block } from "../block.ts";
import type { ConvGeometry } from "../geometry.ts";
import {
  encodeTaps,
  forwardTaps,
  innerSize,
  inputGradientTaps,
  type TapTable,
  tileLayout,
} from "../taps.ts";
import { type Runtime, runtime } from "./runtime.ts";
import { WinogradPass } from "./winograd.ts";

/** The partial sums of a kernel gradient may take this many bytes. */
const PARTIAL_BYTES = 32 << 20;
/** Into how many parts the pixels are split for the kernel gradient, at most; more than this would cost more to add up than it helps to share. */
const PARTS = 8;

/** A tap table in the linear memory, with how its pass is computed and the memory that takes. */
interface Placed {
  table: TapTable;
  algorithm: Algorithm;
  words: Block;
  winograd: WinogradPass | null;
  scratch: number;
  workspace: number;
}

const ceil16 = (n: number) => Math.ceil(n / 16) * 16;

/** What may be said of how a convolution is computed. */
export interface PassOptions {
  /** Default `"fast"`. */
  precision?: Precision;
  /** Chooses the algorithm for each table; for tests and measurements. */
  choose?: (table: TapTable, precision: Precision) => Algorithm;
}

/**
 * The three passes of one convolution geometry: forward, input gradient, kernel gradient.
 *
 * `x` is the convolution's input and `y` its output; a transposed convolution runs `inputGradient`
 * forward and `forward` backward. Kernels are `[kh, kw, inputChannels/groups, outputChannels]`.
 */
export class Conv2dPasses {
  readonly #runtime: Runtime = runtime();
  readonly #forward: Placed;
  readonly #backward: Placed[];

  /** @param geometry A geometry made by `convGeometry` or `convTransposeGeometry`. */
  constructor(readonly geometry: ConvGeometry, options: PassOptions = {}) {
    const { precision = "fast", choose = chooseAlgorithm } = options;
    const place = (table: TapTable) => this.#place(table, choose(table, precision));
    this.#forward = place(forwardTaps(geometry));
    this.#backward = inputGradientTaps(geometry).map(place);
  }

  /** How the forward pass and each phase of the input gradient are computed. */
  get algorithms(): { forward: Algorithm; backward: readonly Algorithm[] } {
    return {
      forward: this.#forward.algorithm,
      backward: this.#backward.map(({ algorithm }) => algorithm),
    };
  }

  #place(table: TapTable, algorithm: Algorithm): Placed {
    const { rows, stride } = tileLayout(table);
    const n = ceil16(table.output[2] / table.groups);
    const taps = table.taps[0].length * table.taps[1].length;
    return {
      table,
      algorithm,
      words: this.#runtime.allocateWords(encodeTaps(table)),
      winograd: algorithm.kind === "winograd" ? new WinogradPass(algorithm) : null,
      // Edge tile, tables of addresses, a spare row, the column tile; or column tile, dy panels, spill.
      scratch: 2048 + rows * 4 * (2 + taps) + 7 * n * 4 + rows * (stride + n) * 4,
      workspace: table.groups * n * innerSize(table) * 4,
    };
  }

  /** y = conv(x, kernel) + bias, bounded below by 0 where `relu`. */
  forward(x: Block, kernel: Block, bias: Block | null, y: Block, relu = false): void {
    this.#pass(this.#forward, x, kernel, bias, y, 0, relu);
  }

  /** x = convᵀ(y, kernel) + bias: the input gradient, or a transposed convolution. Overwrites x. */
  inputGradient(y: Block, kernel: Block, bias: Block | null, x: Block, relu = false): void {
    for (const phase of this.#backward) this.#pass(phase, y, kernel, bias, x, 1, relu);
  }

  #pass(
    p: Placed,
    from: Block,
    kernel: Block,
    bias: Block | null,
    to: Block,
    swapped: number,
    relu: boolean,
  ): void {
    const low = relu ? 0 : -Infinity;
    if (p.winograd) return p.winograd.run(from, kernel, bias, to, swapped, low);
    const places = [p.words.address, from.address, kernel.address, bias?.address ?? 0, to.address];
    if (p.algorithm.kind === "depthwise") {
      this.#runtime.call("depthwise_pass", ...places, low);
      return;
    }
    this.#runtime.reserve(p.scratch, p.workspace);
    const indirect = p.algorithm.kind === "indirect" ? 1 : 0;
    const columns = p.table.output[2] / p.table.groups;
    this.#runtime.callNarrow(columns, "conv2d_pass", ...places, swapped, indirect, low);
  }

  /** dkernel += gradient of the kernel, from the convolution's input x and its output's gradient dy. */
  kernelGradient(x: Block, dy: Block, dkernel: Block): void {
    const { table, algorithm, words, winograd, scratch } = this.#forward;
    const places = [words.address, x.address, dy.address, dkernel.address];
    if (algorithm.kind === "depthwise") {
      const size = table.taps[0].length * table.taps[1].length * ceil16(table.source[2]) * 4;
      this.#runtime.reserve(0, PARTS * size);
      this.#runtime.call("depthwise_kernel_gradient", ...places, PARTS);
      return;
    }
    if (winograd?.gradientFits && table.steps[0] * table.steps[1] === 1) {
      return winograd.gradient(x, dy, dkernel, 0);
    }
    // Each phase of the input gradient holds taps of its own: together they are the kernel.
    if (this.#backward.every((phase) => phase.winograd?.gradientFits)) {
      for (const { winograd } of this.#backward) winograd!.gradient(dy, x, dkernel, 1);
      return;
    }
    const pixels = table.pictures * table.grid[0] * table.grid[1];
    const n = table.output[2] / table.groups;
    const size = table.groups * (Math.ceil(innerSize(table) / 6) * 6 + 6) * ceil16(n) * 4;
    const tiles = Math.ceil(pixels / tileLayout(table).rows);
    const parts = Math.max(1, Math.min(PARTS, Math.floor(PARTIAL_BYTES / size), tiles));
    const byRow = parts * table.groups < PARTS && table.taps[0].length > 1;
    this.#runtime.reserve(scratch, parts * size);
    this.#runtime.call("conv2d_kernel_gradient", ...places, parts, byRow ? 1 : 0);
  }
}
