/**
 * Memory that tells on its users: everything allocated while a function runs gets a fence behind it,
 * and what kernels have not written yet is NaN.
 */

import { Block } from "../../core/block.ts";
import { MEMORY_MAP } from "../../core/wasm/memory.ts";
import { paddedBytes } from "../../core/wasm/arena.ts";
import { runtime } from "../../core/wasm/runtime.ts";

/** Floats behind each block that nobody may write. */
const FENCE = 16;
const MARK = 0x5afe5afe;

/** Kernels' own workspace and scratch are at least this long, so that so much can be poisoned. */
const WORKSPACE = 1 << 20;
const SCRATCH = 1 << 17;

/** Blocks allocated with a fence behind each. */
export class GuardedMemory {
  readonly #blocks: { whole: Block; block: Block }[] = [];

  /** Runs a function whose allocations are guarded from then on. */
  during<T>(run: () => T): T {
    const r = runtime();
    const allocate = r.allocateTogether;
    r.allocateTogether = (lengths) =>
      lengths.map((length) => {
        const padded = paddedBytes(length) / 4;
        const [whole] = allocate.call(r, [padded + FENCE]);
        whole.words.fill(MARK, padded);
        const block = new Block(r.memory.buffer, length);
        block.address = whole.address;
        this.#blocks.push({ whole, block });
        return block;
      });
    try {
      return run();
    } finally {
      r.allocateTogether = allocate;
    }
  }

  /** The blocks allocated so far, first to last. */
  get blocks(): readonly Block[] {
    return this.#blocks.map(({ block }) => block);
  }

  /** Fails if anything was written behind a block's own memory. */
  check(): void {
    for (const { whole, block } of this.#blocks) {
      const fence = whole.words.subarray(whole.length - FENCE);
      const broken = fence.findIndex((word) => word !== MARK);
      if (broken >= 0) {
        throw new Error(`a kernel wrote ${broken} floats behind a block of ${block.length}`);
      }
    }
  }

  /** Gives everything back. */
  release(): void {
    for (const { whole } of this.#blocks) runtime().release(whole);
    this.#blocks.length = 0;
  }
}

/** Fills the kernels' workspace and every thread's scratch with NaN. */
export function poisonWorkspace(): void {
  const r = runtime();
  r.reserve(SCRATCH, WORKSPACE);
  const words = new Uint32Array(r.memory.buffer);
  const fill = (address: number, bytes: number) =>
    new Float32Array(r.memory.buffer, address, bytes / 4).fill(NaN);
  fill(words[MEMORY_MAP.WORKSPACE >> 2], WORKSPACE);
  const scratch = words[MEMORY_MAP.SCRATCH >> 2], stride = words[MEMORY_MAP.SCRATCH_STRIDE >> 2];
  for (let thread = 0; thread < r.threads; thread++) fill(scratch + thread * stride, SCRATCH);
}
