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

/** The partial sums of a kernel gradient may take this many bytes. */
const PARTIAL_BYTES = 32 << 20;
/** Into how many parts the pixels are split for the kernel gradient, at most; more than this would cost more to add up than it helps to share. */
const PARTS = 8;

/** A tap table in the linear memory with the memory its pass needs. */
interface Placed {
  table: TapTable;
  words: Block;
  scratch: number;
  workspace: number;
}

const ceil8 = (n: number) => Math.ceil(n / 8) * 8;

/**
 * The three passes of one convolution geometry: forward, input gradient, kernel gradient.
 *
 * `x` is the convolution's input and `y` its output; a transposed convolution runs `inputGradient`
 * forward and `forward` backward. Kernels are `[kh, kw, inputChannels/groups, outputChannels]`.
 */
export class Conv2dPasses {
  readonly #runtime: Runtime = runtime();
  readonly #depthwise: boolean;
  readonly #forward: Placed;
  readonly #backward: Placed[];

  /** @param geometry A geometry made by `convGeometry` or `convTransposeGeometry`. */
  constructor(readonly geometry: ConvGeometry) {
    const { groups, input, output } = geometry;
    this.#depthwise = groups === input[2] && groups === output[2];
    this.#forward = this.#place(forwardTaps(geometry));
    this.#backward = inputGradientTaps(geometry).map((table) => this.#place(table));
  }

  #place(table: TapTable): Placed {
    const { rows, stride } = tileLayout(table);
    const n = table.output[2] / table.groups;
    return {
      table,
      words: this.#runtime.allocateWords(encodeTaps(table)),
      // Edge tile, row addresses, a spare row, the column tile; or column tile, dy panels, spill.
      scratch: 1024 + rows * 4 + 7 * ceil8(n) * 4 + rows * (stride + ceil8(n)) * 4,
      workspace: table.groups * ceil8(n) * innerSize(table) * 4,
    };
  }

  /** y = conv(x, kernel) + bias. */
  forward(x: Block, kernel: Block, bias: Block | null, y: Block): void {
    this.#pass(this.#forward, x, kernel, bias, y, 0);
  }

  /** x = convᵀ(y, kernel) + bias: the input gradient, or a transposed convolution. Overwrites x. */
  inputGradient(y: Block, kernel: Block, bias: Block | null, x: Block): void {
    for (const phase of this.#backward) this.#pass(phase, y, kernel, bias, x, 1);
  }

  #pass(p: Placed, from: Block, kernel: Block, bias: Block | null, to: Block, swapped: number) {
    const places = [p.words.address, from.address, kernel.address, bias?.address ?? 0, to.address];
    if (this.#depthwise) {
      this.#runtime.call("depthwise_pass", ...places);
    } else {
      this.#runtime.reserve(p.scratch, p.workspace);
      this.#runtime.call("conv2d_pass", ...places, swapped);
    }
  }

  /** dkernel += gradient of the kernel, from the convolution's input x and its output's gradient dy. */
  kernelGradient(x: Block, dy: Block, dkernel: Block): void {
    const { table, words, scratch } = this.#forward;
    const places = [words.address, x.address, dy.address, dkernel.address];
    const pixels = table.pictures * table.grid[0] * table.grid[1];
    if (this.#depthwise) {
      const size = table.taps[0].length * table.taps[1].length * (ceil8(table.source[2])) * 4;
      this.#runtime.reserve(0, PARTS * size);
      this.#runtime.call("depthwise_kernel_gradient", ...places, PARTS);
      return;
    }
    const n = table.output[2] / table.groups;
    const size = table.groups * (Math.ceil(innerSize(table) / 6) * 6 + 6) * ceil8(n) * 4;
    const tiles = Math.ceil(pixels / tileLayout(table).rows);
    const parts = Math.max(1, Math.min(PARTS, Math.floor(PARTIAL_BYTES / size), tiles));
    const byRow = parts * table.groups < PARTS && table.taps[0].length > 1;
    this.#runtime.reserve(scratch, parts * size);
    this.#runtime.call("conv2d_kernel_gradient", ...places, parts, byRow ? 1 : 0);
  }
}
