import type { Block } from "../block.ts";
import { type Axes, type Axis, encodeWindows, turnedRound } from "../windows.ts";
import { type Runtime, runtime } from "./runtime.ts";

/** The numbers of the passes in assembly/window_pass.ts. */
const SUM = 0, MAX = 1, COLLECT = 2;

/** The passes over the windows of one geometry: weighted sums, maxima, and the gradients of both. */
export class WindowPasses {
  readonly #runtime: Runtime = runtime();
  readonly #forward: Block;
  readonly #backward: Block;

  /** @param axes The windows along rows and columns. */
  constructor(pictures: number, channels: number, axes: Axes) {
    const place = (rows: Axis, columns: Axis) =>
      this.#runtime.allocateWords(encodeWindows(pictures, channels, [rows, columns]));
    this.#forward = place(...axes);
    this.#backward = place(turnedRound(axes[0]), turnedRound(axes[1]));
  }

  #call(kind: number, table: Block, x: Block, switches: Block | null, y: Block | null, flag = 0) {
    const places = [table.address, x.address, switches?.address ?? 0, y?.address ?? 0];
    this.#runtime.call("window_pass", kind, ...places, flag);
  }

  /** y = weighted sums of windows of x. */
  sums(x: Block, y: Block): void {
    this.#call(SUM, this.#forward, x, null, y);
  }

  /** dx from dy; with `gate` only where dx held something above 0. */
  sumsGradient(dy: Block, dx: Block, gate = false): void {
    this.#call(SUM, this.#backward, dy, null, dx, gate ? 1 : 0);
  }

  /**
   * y = the largest value of every window of x. The switches tell, where they are wanted, in which
   * place of its picture each was found, row · width + column, as 32-bit integers.
   */
  maxima(x: Block, y: Block, switches: Block | null): void {
    this.#call(MAX, this.#forward, x, switches, y);
  }

  /** The switches alone, as floats. */
  switches(x: Block, switches: Block): void {
    this.#call(MAX, this.#forward, x, switches, null, 1);
  }

  /** dx from dy and the switches (integers); with `gate` only where dx held something above 0. */
  maximaGradient(dy: Block, switches: Block, dx: Block, gate = false): void {
    this.#call(COLLECT, this.#backward, dy, switches, dx, gate ? 1 : 0);
  }
}
