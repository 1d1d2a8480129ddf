import type { Algorithm } from "../algorithm.ts";
import type { Block } from "../block.ts";
import { interleavedOffsets, interleavedPictures } from "../interleaved.ts";
import { encodePlanar, planarLayout, planarScratch } from "../planar.ts";
import { encodeTaps, innerSize, runCount, tapCount, type TapTable, tileLayout } from "../taps.ts";
import { runtime } from "./runtime.ts";
import { WinogradPass } from "./winograd.ts";

/** A tap table in the linear memory, with how its pass is computed and the memory that takes. */
export interface Placed {
  table: TapTable;
  algorithm: Algorithm;
  words: Block;
  winograd: WinogradPass | null;
  planes: Planes | null;
  scratch: number;
  workspace: number;
  /** Runs of the source that a cell is read from in place; 0 where it is copied. */
  runs: number;
  /** Pictures that are interleaved at a time. */
  interleaved: number;
}

/** The planes of a table: their layout in the linear memory, and how many bands the pixels fall into. */
export interface Planes {
  words: Block;
  scratch: number;
  bands: number;
}

/** The tables of one pass, and their addresses for a kernel that takes them together. */
export interface Phases {
  placed: readonly Placed[];
  addresses: Block;
  /** Those that any tap reaches. */
  withTaps: readonly Placed[];
  tapAddresses: Block;
  /** Those that products compute, together; and the rest. */
  products: Products | null;
  others: readonly Placed[];
  /** Whether there are some without taps among the rest, whose pixels are best filled together with all others, beforehand. */
  fills: boolean;
}

/** Tables that one call of `conv2d_pass` computes, and what it is told of each. */
export interface Products {
  words: Block;
  count: number;
  scratch: number;
  workspace: number;
}

/** Tables without taps are filled with all others where at most one in so many has taps. */
const HOLLOW = 4;

export const ceil16 = (n: number) => Math.ceil(n / 16) * 16;

/** Lays down a table for the way it is computed. */
export function placeTable(table: TapTable, algorithm: Algorithm): Placed {
  const { rows, stride } = tileLayout(table), taps = tapCount(table);
  const n = ceil16(table.output[2] / table.groups);
  // Whole panels, of 24 columns where the product is thin, and up to four narrow ones.
  const weights = (Math.ceil(n / 24) * 24 + 4) * innerSize(table) + 12 * taps;
  const interleaved = algorithm.kind === "interleaved" ? interleavedPictures(table)! : 0;
  const offsets = interleaved ? interleavedOffsets(table, interleaved) : [];
  return {
    table,
    algorithm,
    words: runtime().allocateWords([...encodeTaps(table), ...offsets]),
    winograd: algorithm.kind === "winograd" ? new WinogradPass(algorithm) : null,
    planes: algorithm.kind === "planar" ? placePlanes(table) : null,
    // Edge tile, tables of addresses, a spare row, the column tile; or column tile, spill.
    scratch: 2048 + rows * 4 * (2 + taps) + 7 * n * 4 + rows * (stride + n) * 4,
    workspace: table.groups * weights * 4,
    runs: algorithm.kind === "indirect" ? runCount(table) : 0,
    interleaved,
  };
}

function placePlanes(table: TapTable): Planes {
  const layout = planarLayout(table);
  return {
    words: runtime().allocateWords(encodePlanar(table, layout)),
    scratch: planarScratch(table, layout),
    bands: Math.ceil(table.pictures / layout.pictures) * layout.bands,
  };
}

/** Lays down the tables of one pass. */
export function placePhases(
  tables: readonly TapTable[],
  algorithms: readonly Algorithm[],
): Phases {
  const placed = tables.map((table, i) => placeTable(table, algorithms[i]));
  const withTaps = placed.filter(hasTaps);
  const [addresses, tapAddresses] = [placed, withTaps].map((phases) =>
    runtime().allocateWords(phases.map(({ words }) => words.address))
  );
  // Products are computed together, and with them the tables that no tap reaches, where those are not most.
  const hollow = withTaps.length * HOLLOW <= placed.length;
  const isProduct = (phase: Placed) =>
    ["im2col", "indirect"].includes(phase.algorithm.kind) || !hollow && !hasTaps(phase);
  const products = placed.filter(isProduct), some = products.some(hasTaps);
  const others = some ? placed.filter((phase) => !isProduct(phase)) : placed;
  return {
    placed,
    addresses,
    withTaps,
    tapAddresses,
    products: some ? placeProducts(products) : null,
    others,
    fills: !others.every(hasTaps),
  };
}

const hasTaps = ({ table }: Placed) => tapCount(table) > 0;

function placeProducts(phases: readonly Placed[]): Products {
  let workspace = 0;
  const words = phases.flatMap((phase) => {
    const at = workspace;
    workspace += phase.workspace;
    return [phase.words.address, phase.runs, at];
  });
  return {
    words: runtime().allocateWords(words),
    count: phases.length,
    scratch: Math.max(...phases.map(({ scratch }) => scratch)),
    workspace,
  };
}
