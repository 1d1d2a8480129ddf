import { sizeOf } from "./tensor.ts";
import { innerSize, type TapTable } from "./taps.ts";

/** Interleaved values of source and output should stay in a core's L2 cache (bytes). */
const CACHED = 1 << 20;
/** Numbers of pictures that register tiles are made for. */
const COUNTS = [64, 32, 16];
/** Fewer chunks leave threads idle, which does not matter where a chunk is small (bytes). */
const LEAST_CHUNKS = 4, SMALL = 1 << 15;

/** Pictures that are interleaved at a time in a pass over such a table; null where those are too large. */
export function interleavedPictures({ pictures, source, output }: TapTable): number | null {
  const bytes = 4 * (sizeOf(source) + sizeOf(output));
  const fit = COUNTS.filter((count) => count * bytes <= CACHED);
  const good = (count: number) =>
    pictures >= LEAST_CHUNKS * count || pictures >= count && count * bytes <= SMALL;
  return fit.find(good) ?? fit.at(-1) ?? null;
}

/** Bytes of scratch that a thread needs for `count` pictures: source, output, a list of k and a few vectors. */
export function interleavedScratch(table: TapTable, count: number): number {
  const { source, output } = table;
  return 4 * (count * (sizeOf(source) + sizeOf(output)) + innerSize(table)) + 1024;
}

/** Byte offset of each k, tap by tap and channel by channel, from a cell's source pixel, with `count` pictures interleaved. */
export function interleavedOffsets({ source, groups, taps }: TapTable, count: number): number[] {
  const [, width, channels] = source;
  const offsets = taps[0].flatMap((down) =>
    taps[1].flatMap((across) =>
      Array.from({ length: channels / groups }, (_, c) => {
        const pixel = down.offset * width + across.offset;
        return 4 * count * (pixel * channels + c);
      })
    )
  );
  // A last register tile may be partly empty: it repeats the last offset, and nobody reads what comes out.
  return [...offsets, ...Array.from({ length: 8 }, () => offsets[offsets.length - 1])];
}
