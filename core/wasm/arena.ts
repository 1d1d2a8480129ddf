import { DeconvError } from "../errors.ts";

/** Blocks start and end on this many bytes, so that vectors may run over a block's end into its own padding. */
const ALIGNMENT = 64;
/** Kept free at the very end, so that a kernel's look-ahead never leaves the memory. */
const GUARD = 1 << 20;

/** Bytes that a block of `length` floats takes. */
export function paddedBytes(length: number): number {
  return Math.ceil(Math.max(length, 1) * 4 / ALIGNMENT) * ALIGNMENT;
}

/** First-fit allocation over the linear memory, for things that live long: parameters, plans. */
export class Arena {
  /** Free runs, by address: [start, end) in bytes. */
  #free: { start: number; end: number }[];
  #used = 0;
  #top = 0;

  /**
   * @param memory The linear memory's buffer.
   * @param start First byte to give out.
   */
  constructor(readonly memory: ArrayBufferLike, start: number) {
    this.#free = [{ start, end: memory.byteLength - GUARD }];
  }

  /** Bytes given out now. */
  get used(): number {
    return this.#used;
  }

  /** The highest address ever given out: what the arena takes of the machine's memory at most. */
  get top(): number {
    return this.#top;
  }

  /** Bytes that can be given out in one piece. */
  get longest(): number {
    return Math.max(0, ...this.#free.map((run) => run.end - run.start));
  }

  /**
   * Gives out `bytes` and returns their address.
   *
   * @throws {DeconvError} When no free run is long enough.
   */
  take(bytes: number): number {
    const size = Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
    const index = this.#free.findIndex((run) => run.end - run.start >= size);
    if (index < 0) {
      throw new DeconvError(
        `Not enough memory: ${mebibytes(size)} MiB are needed in one piece and ${
          mebibytes(this.longest)
        } MiB of the ${
          mebibytes(this.memory.byteLength)
        } MiB that WebAssembly can address are left; use a smaller batch or network`,
      );
    }
    const run = this.#free[index];
    const address = run.start;
    run.start += size;
    if (run.start === run.end) this.#free.splice(index, 1);
    this.#used += size;
    this.#top = Math.max(this.#top, address + size);
    return address;
  }

  /** Takes `bytes` at `address` back. */
  give(address: number, bytes: number): void {
    const size = Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
    const end = address + size;
    this.#used -= size;
    let index = this.#free.findIndex((run) => run.start > address);
    if (index < 0) index = this.#free.length;
    this.#free.splice(index, 0, { start: address, end });
    this.#join(index);
    if (index > 0) this.#join(index - 1);
  }

  /** Joins the free run at `index` with the one after it where they touch. */
  #join(index: number): void {
    const run = this.#free[index], next = this.#free[index + 1];
    if (next && run.end === next.start) {
      run.end = next.end;
      this.#free.splice(index + 1, 1);
    }
  }
}

/** Bytes as MiB, in digits. */
export function mebibytes(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(bytes < 2 ** 24 ? 1 : 0);
}
