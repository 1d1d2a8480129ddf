import { DeconvError } from "../errors.ts";
import { Block } from "../block.ts";
import { NARROW } from "../work.ts";
import { Arena, paddedBytes } from "./arena.ts";
import { MAX_THREADS, MEMORY_MAP, reserveMemory } from "./memory.ts";
import {
  type Arithmetic,
  compileKernels,
  instantiateKernels,
  type KernelExports,
  supportsRelaxed,
} from "./module.ts";
import { availableThreads, Pool } from "./pool.ts";
import { type TileColumns, TileTrial } from "./tile.ts";

/** The one owner of the linear memory, the kernels and the threads. */
export class Runtime {
  /** The linear memory. */
  readonly memory: WebAssembly.Memory = reserveMemory();
  /** Where long-lived blocks come from. */
  readonly arena: Arena = new Arena(this.memory.buffer, MEMORY_MAP.ARENA);
  readonly #pool: Pool = new Pool(this.memory);
  readonly #words: Uint32Array = new Uint32Array(this.memory.buffer);
  readonly #scratch: { address: number; bytes: number } = { address: 0, bytes: 0 };
  readonly #workspace: { address: number; bytes: number } = { address: 0, bytes: 0 };
  readonly #collected = new FinalizationRegistry<{ address: number; bytes: number }>(
    ({ address, bytes }) => this.arena.give(address, bytes),
  );

  #arithmetic: Arithmetic = supportsRelaxed() ? "relaxed" : "strict";
  #kernels: { module: WebAssembly.Module; exports: KernelExports } | null = null;
  #tileColumns: TileColumns = 8;
  #trial: TileTrial | null = new TileTrial((columns, ...size) => this.#tryTile(columns, size));

  /** Reserves the memory. The kernels are compiled when the first is called. */
  constructor() {
    this.#words[MEMORY_MAP.TILE_COLUMNS >> 2] = this.#tileColumns;
    new Float32Array(this.memory.buffer).set([2, 4, 5, 8], MEMORY_MAP.TWO >> 2);
  }

  /** How the kernels round. */
  get arithmetic(): Arithmetic {
    return this.#arithmetic;
  }

  /** @throws {DeconvError} When something has been computed the other way, or the engine cannot. */
  set arithmetic(arithmetic: Arithmetic) {
    if (arithmetic === this.#arithmetic) return;
    if (arithmetic !== "relaxed" && arithmetic !== "strict") {
      throw new DeconvError(
        `Cannot set the arithmetic to "${arithmetic}": there are relaxed and strict`,
      );
    }
    if (this.#kernels) {
      throw new DeconvError(
        `Cannot change to ${arithmetic} arithmetic any more: something has been computed with ` +
          `${this.#arithmetic} arithmetic; call setArithmetic before anything else`,
      );
    }
    if (arithmetic === "relaxed" && !supportsRelaxed()) {
      throw new DeconvError(
        "Cannot use relaxed arithmetic: this engine has no relaxed SIMD in WebAssembly",
      );
    }
    this.#arithmetic = arithmetic;
  }

  /** Columns of the register tile: 8, or 16 where V8 packs pairs of vectors. Setting it ends the trial that chooses. */
  get tileColumns(): TileColumns {
    return this.#tileColumns;
  }

  set tileColumns(columns: TileColumns) {
    this.#trial = null;
    this.#tileColumns = columns;
    this.#words[MEMORY_MAP.TILE_COLUMNS >> 2] = columns;
  }

  /** Whether the width of the register tile is still being chosen. */
  get choosesTile(): boolean {
    return this.#trial !== null;
  }

  /** Runs the product of the trial with tiles of this width. */
  #tryTile(columns: TileColumns, size: readonly number[]): void {
    const word = MEMORY_MAP.TILE_COLUMNS >> 2;
    this.#words[word] = columns;
    this.#load().exports.tile_trial(...size);
    this.#words[word] = this.#tileColumns;
  }

  /** Calls a kernel whose products have so few columns, with the narrow tile where that is faster. */
  callNarrow(columns: number, kernel: string, ...args: number[]): void {
    this.#call(columns <= NARROW ? NARROW : undefined, kernel, args);
  }

  /** Threads that kernels run on, the calling one included. */
  get threads(): number {
    return this.#pool.threads;
  }

  /** @throws {DeconvError} When it is not a whole number from 1 to the number of cores. */
  set threads(count: number) {
    this.#pool.threads = count;
  }

  /** Where the workspace is, once some has been reserved. */
  get workspaceAddress(): number {
    return this.#workspace.address;
  }

  /** A block of zeros that is given back when nothing refers to it any more. */
  allocate(length: number): Block {
    return this.allocateTogether([length])[0];
  }

  /** Such blocks one behind the other, each padded; each is given back on its own. */
  allocateTogether(lengths: readonly number[]): Block[] {
    const total = lengths.reduce((sum, length) => sum + paddedBytes(length), 0);
    let address = this.arena.take(total);
    new Uint8Array(this.memory.buffer, address, total).fill(0);
    return lengths.map((length) => {
      const block = new Block(this.memory.buffer, length), bytes = paddedBytes(length);
      block.address = address;
      this.#collected.register(block, { address, bytes }, block);
      address += bytes;
      return block;
    });
  }

  /** Gives a block back at once; nobody may use it any more. */
  release(block: Block): void {
    this.#collected.unregister(block);
    this.arena.give(block.address, paddedBytes(block.length));
    block.address = 0;
  }

  /** A block of int32 words with these values. */
  allocateWords(values: ArrayLike<number>): Block {
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
    return this.#call(undefined, kernel, args);
  }

  #call(tileColumns: 4 | undefined, kernel: string, args: readonly number[]): number {
    const { module, exports } = this.#kernels ?? this.#load();
    // Between two kernels nobody reads the tile's width, and it changes no bit of any result.
    const chosen = this.#trial?.step();
    if (chosen) this.tileColumns = chosen;
    this.#pool.summon(module);
    const word = MEMORY_MAP.TILE_COLUMNS >> 2;
    if (tileColumns) this.#words[word] = tileColumns;
    try {
      return exports[kernel](...args);
    } catch (error) {
      if (this.#pool.failed) {
        throw new DeconvError(
          "A worker thread crashed in the middle of a computation: start the program again (with --threads 1 if it happens again)",
          { cause: error },
        );
      }
      throw error;
    } finally {
      if (tileColumns) this.#words[word] = this.#tileColumns;
    }
  }

  #load(): { module: WebAssembly.Module; exports: KernelExports } {
    if (this.#kernels) return this.#kernels;
    const module = compileKernels(this.#arithmetic, this.memory);
    return this.#kernels = { module, exports: instantiateKernels(module, this.memory) };
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

/**
 * Chooses how the kernels round; call it before anything is computed.
 *
 * @param arithmetic `"relaxed"`, the default, is faster: it fuses a multiplication and an addition into
 * one rounding where the processor can. `"strict"` never does, and so gives the same bits on every
 * processor and in every engine. Where an engine has no relaxed SIMD (Node 20), strict is the default.
 * @throws {DeconvError} When something has been computed the other way already, or the engine has no
 * relaxed SIMD.
 *
 * @example
 * ```ts
 * import { getArithmetic, setArithmetic } from "@deconv/deconv";
 * setArithmetic("strict");
 * console.log(getArithmetic()); // "strict"
 * ```
 */
export function setArithmetic(arithmetic: Arithmetic): void {
  runtime().arithmetic = arithmetic;
}

/** How the kernels round. */
export function getArithmetic(): Arithmetic {
  return runtime().arithmetic;
}
