import { type Algorithm, WINOGRAD, winogradTiles } from "../algorithm.ts";
import type { Block } from "../block.ts";
import { encodeTaps, innerSize } from "../taps.ts";
import { type Runtime, runtime } from "./runtime.ts";

/** Numbers of the variants in assembly/winograd.ts. */
const NUMBERS = { F43: 0, F23: 1, F42: 2 };
/** Tables and small buffers at the start of a thread's scratch. */
const HEADER = 24 << 10;
/** The transformed blocks of a pass should stay in most of a core's L2 cache (bytes). */
const PASS_BYTES = 600 << 10;
/** Those of a kernel gradient may be larger: more tiles a block mean fewer trips to its sums. */
const GRADIENT_BYTES = 2400 << 10;
/** Partial sums of a kernel gradient may take this many bytes. */
const PARTIAL_BYTES = 96 << 20;
/** A transformed kernel larger than this (bytes) is made anew each time. */
const KEPT_BYTES = 64 << 20;
/** A pass should have at least so many chunks: where the tiles make fewer, the output columns are split too. */
const CHUNKS = 8;
/** Into how many parts the tiles are split for the kernel gradient, at most. */
const PARTS = 8;

const ceil = (n: number, unit: number) => Math.ceil(n / unit) * unit;

/** One pass computed by Winograd's minimal filtering: the tables in memory and the sizes of its blocks. */
export class WinogradPass {
  readonly #runtime: Runtime = runtime();
  readonly #variant: number;
  readonly #tables: Block;
  readonly #words: Block[];
  readonly #count: number;
  readonly #planes: number;
  readonly #k: number;
  readonly #n: number;
  readonly #tiles: number;
  readonly #taps: number;
  /** The transformed kernel, and which kernel and register tile it is of. */
  #store: Block | null = null;
  #key = "";

  /** @param algorithm What `chooseAlgorithms` chose. */
  constructor(algorithm: Algorithm & { kind: "winograd" }) {
    const { variant, tables } = algorithm;
    const { outputs, taps } = WINOGRAD[variant];
    this.#variant = NUMBERS[variant];
    this.#words = tables.map((table) => this.#runtime.allocateWords(encodeTaps(table)));
    this.#tables = this.#runtime.allocateWords(this.#words.map((block) => block.address));
    this.#count = tables.length;
    this.#planes = (outputs + taps - 1) ** 2;
    this.#taps = taps ** 2;
    this.#k = tables.reduce((sum, table) => sum + innerSize(table), 0) / this.#taps;
    this.#n = tables[0].output[2];
    this.#tiles = winogradTiles(tables[0], variant);
  }

  /** Floats a tile takes in V. */
  get #row(): number {
    return ceil(this.#k, 16) + 16;
  }

  /** How many tiles a block has, given the floats each takes in a plane: a multiple of six. */
  #blockTiles(floats: number, bytes: number): number {
    const most = Math.floor(bytes / (this.#planes * floats * 4) / 6) * 6;
    return Math.min(96, Math.max(36, most), ceil(this.#tiles, 6));
  }

  /**
   * to = bias + convolution of from.
   *
   * @param ends Lower bound of the results, and 1 to keep only those where `to` held something above 0.
   * @param key What the kernel's numbers and the register tile are known by, to keep the transformed
   * kernel for calls with the same key; null to make it anew each time.
   */
  run(
    from: Block,
    kernel: Block,
    bias: Block | null,
    to: Block,
    swapped: number,
    ends: readonly [number, number],
    key: string | null = null,
  ): void {
    const columns = Math.min(128, ceil(this.#n, 16));
    const tiles = this.#blockTiles(this.#row + columns + 16, PASS_BYTES);
    const parts = Math.ceil(CHUNKS / Math.ceil(this.#tiles / tiles));
    const blocks = this.#planes * (tiles * (this.#row + columns + 16) * 4 + 128);
    const slices = this.#taps * this.#k / this.#count * 64;
    const bytes = this.#planes * this.#k * ceil(this.#n, 16) * 4;
    const scratch = HEADER + Math.max(blocks + this.#border, slices);
    const keep = key !== null && bytes <= KEPT_BYTES;
    this.#runtime.reserve(scratch, keep ? 0 : bytes);
    if (keep) this.#store ??= this.#runtime.allocate(bytes / 4);
    const fresh = !keep || key !== this.#key;
    if (keep) this.#key = key;
    this.#runtime.call(
      "winograd_pass",
      this.#variant,
      this.#tables.address,
      this.#count,
      from.address,
      kernel.address,
      bias?.address ?? 0,
      to.address,
      swapped,
      ...ends,
      tiles,
      columns,
      Math.min(parts, Math.ceil(this.#n / columns)),
      keep ? this.#store!.address : this.#runtime.workspaceAddress,
      fresh ? 1 : 0,
    );
  }

  /** Room for one tile of the output's pixels, and to read over it. */
  get #border(): number {
    return this.#planes * this.#n * 4 + 256;
  }

  /** Bytes of one part's sums. */
  get #partBytes(): number {
    return (this.#planes * ceil(this.#k, 6) + 1) * ceil(this.#n, 16) * 4 + 64;
  }

  /** Whether the kernel gradient's partial sums fit often enough for all threads to have work. */
  get gradientFits(): boolean {
    return this.#partBytes * PARTS <= PARTIAL_BYTES;
  }

  /** dkernel += sourceᵀ·dy over all tiles; dbias += Σ dy. */
  gradient(
    source: Block,
    dy: Block,
    dkernel: Block,
    swapped: number,
    dbias: Block | null = null,
  ): void {
    const width = ceil(this.#n, 16) + 16;
    // Blocks are shared out whole: four at least, that two or four threads have the same to do.
    const quarter = Math.max(24, ceil(Math.ceil(this.#tiles / 4), 6));
    const tiles = Math.min(quarter, this.#blockTiles(this.#row + width, GRADIENT_BYTES));
    const parts = Math.min(PARTS, Math.ceil(this.#tiles / tiles));
    const blocks = this.#planes * (tiles * (this.#row + width) * 4 + 128);
    this.#runtime.reserve(HEADER + blocks + this.#border, parts * this.#partBytes);
    this.#runtime.call(
      "winograd_kernel_gradient",
      this.#variant,
      this.#tables.address,
      this.#count,
      source.address,
      dy.address,
      dkernel.address,
      dbias?.address ?? 0,
      swapped,
      tiles,
      parts,
    );
  }
}
