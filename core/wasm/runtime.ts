import { DeconvError } from "../errors.ts";
import { Block } from "../block.ts";
import { Arena, paddedBytes } from "./arena.ts";
import { MAX_THREADS, MEMORY_MAP, reserveMemory } from "./memory.ts";
import { compileKernels, instantiateKernels, type KernelExports } from "./module.ts";
import { availableThreads, Pool } from "./pool.ts";

/** The one owner of the linear memory, the kernels and the threads. */
export class Runtime {
  /** The linear memory. */
  readonly memory: WebAssembly.Memory = reserveMemory();
  /** Where long-lived blocks come from. */
  readonly arena: Arena = new Arena(this.memory.buffer, MEMORY_MAP.ARENA);
  readonly #pool: Pool;
  readonly #exports: KernelExports;
  readonly #words: Uint32Array = new Uint32Array(this.memory.buffer);
  readonly #scratch: { address: number; bytes: number } = { address: 0, bytes: 0 };
  readonly #workspace: { address: number; bytes: number } = { address: 0, bytes: 0 };
  readonly #collected = new FinalizationRegistry<{ address: number; bytes: number }>(
    ({ address, bytes }) => this.arena.give(address, bytes),
  );

  /** Compiles the kernels and reserves the memory. */
  constructor() {
    const module = compileKernels();
    this.#exports = instantiateKernels(module, this.memory);
    this.#pool = new Pool(module, this.memory);
    this.#words[MEMORY_MAP.TILE_COLUMNS >> 2] = 8;
    new Float32Array(this.memory.buffer).set([2, 4, 5, 8], MEMORY_MAP.TWO >> 2);
  }

  /** Columns of the register tile: 8, or 16 where V8 packs pairs of vectors. */
  set tileColumns(columns: 8 | 16) {
    this.#words[MEMORY_MAP.TILE_COLUMNS >> 2] = columns;
  }

  /** Calls a kernel whose products have so few columns, with the narrow tile where that is faster. */
  callNarrow(columns: number, kernel: string, ...args: number[]): void {
    const word = MEMORY_MAP.TILE_COLUMNS >> 2, usual = this.#words[word];
    if (columns <= 4) this.#words[word] = 4;
    try {
      this.call(kernel, ...args);
    } finally {
      this.#words[word] = usual;
    }
  }

  /** Threads that kernels run on, the calling one included. */
  get threads(): number {
    return this.#pool.threads;
  }

  /** @throws {DeconvError} When it is not a whole number from 1 to the number of cores. */
  set threads(count: number) {
    this.#pool.threads = count;
  }

  /** A block of zeros that is given back when nothing refers to it any more. */
  allocate(length: number): Block {
    const block = new Block(this.memory.buffer, length);
    const bytes = paddedBytes(length);
    block.address = this.arena.take(bytes);
    new Uint8Array(this.memory.buffer, block.address, bytes).fill(0);
    this.#collected.register(block, { address: block.address, bytes }, block);
    return block;
  }

  /** Gives a block back at once; nobody may use it any more. */
  release(block: Block): void {
    this.#collected.unregister(block);
    this.arena.give(block.address, paddedBytes(block.length));
    block.address = 0;
  }

  /** A block of int32 words with these values. */
  allocateWords(values: readonly number[]): Block {
    const block = this.allocate(values.length);
    block.words.set(values);
    return block;
  }

  /** Makes sure of `scratch` bytes for each thread and `workspace` bytes shared by all. */
  reserve(scratch: number, workspace: number): void {
    if (scratch > this.#scratch.bytes) {
      this.#grow(this.#scratch, scratch, Math.min(MAX_THREADS, availableThreads()));
      this.#words[MEMORY_MAP.SCRATCH >> 2] = this.#scratch.address;
      this.#words[MEMORY_MAP.SCRATCH_STRIDE >> 2] = this.#scratch.bytes;
    }
    if (workspace > this.#workspace.bytes) {
      this.#grow(this.#workspace, workspace, 1);
      this.#words[MEMORY_MAP.WORKSPACE >> 2] = this.#workspace.address;
    }
  }

  #grow(region: { address: number; bytes: number }, bytes: number, copies: number): void {
    // A page apart and a line more, so that threads' scratch does not share cache sets.
    const size = Math.ceil(bytes / 4096) * 4096 + 64;
    if (region.bytes) this.arena.give(region.address, region.bytes * copies);
    region.bytes = 0;
    region.address = this.arena.take(size * copies);
    region.bytes = size;
  }

  /**
   * Calls a kernel.
   *
   * @throws {DeconvError} When a worker thread has crashed.
   */
  call(kernel: string, ...args: number[]): number {
    this.#pool.summon();
    try {
      return this.#exports[kernel](...args);
    } catch (error) {
      if (this.#pool.failed) {
        throw new DeconvError(
          "A worker thread crashed in the middle of a computation: start the program again (with --threads 1 if it happens again)",
          { cause: error },
        );
      }
      throw error;
    }
  }
}

let shared: Runtime | undefined;

/** The process's runtime, made at first use. */
export function runtime(): Runtime {
  return shared ??= new Runtime();
}

/**
 * Sets how many threads the kernels use from now on, the calling one included. Results are the same
 * bit for bit whatever the number.
 *
 * @param count 1 to `navigator.hardwareConcurrency`, which is the default.
 * @throws {DeconvError} When `count` is not a whole number in that range.
 *
 * @example
 * ```ts
 * import { getThreads, setThreads } from "@deconv/deconv";
 * setThreads(1);
 * console.log(getThreads()); // 1
 * ```
 */
export function setThreads(count: number): void {
  runtime().threads = count;
}

/** How many threads the kernels use, the calling one included. */
export function getThreads(): number {
  return runtime().threads;
}
