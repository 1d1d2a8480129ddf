/** Scans of a JPEG file (ITU-T T.81, annexes F and G): from coded bits to coefficients of blocks. */
import { DamagedScan, type HuffmanCode, JpegBits } from "./jpeg_bits.ts";

/** One channel of a file, in blocks of 8x8 samples. */
export interface JpegChannel {
  /** Its number in the file. */
  readonly id: number;
  /** How many blocks a unit has across. */
  readonly across: number;
  /** How many it has down. */
  readonly down: number;
  /** Which quantisation it has. */
  readonly quantization: number;
  /** Blocks that hold samples of the picture. */
  readonly columns: number;
  /** Rows of these. */
  readonly rows: number;
  /** Blocks in a row of memory, those of whole units. */
  readonly stride: number;
  /** 64 coefficients a block, in the order of rows. */
  readonly coefficients: Int16Array;
}

/** What a scan says of itself, and what holds for it. */
export interface JpegScan {
  /** Its channels, each with its codes. */
  readonly parts: readonly {
    readonly channel: JpegChannel;
    readonly dc: HuffmanCode | undefined;
    readonly ac: HuffmanCode | undefined;
  }[];
  /** Whether the file comes in several passes. */
  readonly progressive: boolean;
  /** The first and the last coefficient of the pass, in the order of frequencies. */
  readonly band: readonly [first: number, last: number];
  /** How many low bits came before, and how many are left for later; before: 0 for a first pass. */
  readonly bits: readonly [before: number, left: number];
  /** Units between restart markers; 0 for none. */
  readonly interval: number;
  /** Units in a row, and rows of them, where channels alternate. */
  readonly units: readonly [across: number, down: number];
}

/** By frequency: the place of a coefficient in its block. */
export const ZIGZAG: Uint8Array = Uint8Array.from(
  [0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20]
    .concat([13, 6, 7, 14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51])
    .concat([58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63]),
);

/**
 * Reads a scan.
 *
 * @param at Where its coded part begins.
 * @returns Where it ends, or a little before.
 * @throws {DamagedScan} When it does not hold what it says.
 */
export function readScan(bytes: Uint8Array, at: number, scan: JpegScan): number {
  const { parts, interval, units } = scan, bits = new JpegBits(bytes, at);
  const readers = parts.map((part) => blockReader(bits, scan, part));
  const alone = parts.length === 1 ? parts[0].channel : null;
  const [across, down] = alone ? [alone.columns, alone.rows] : units;
  for (let unit = 0; unit < across * down; unit++) {
    if (interval && unit && unit % interval === 0) {
      bits.restart();
      readers.forEach((reader) => reader.restart());
    }
    const column = unit % across, row = Math.floor(unit / across);
    if (alone) {
      readers[0].read(row * alone.stride + column << 6);
      continue;
    }
    parts.forEach(({ channel: { across, down, stride } }, i) => {
      for (let y = 0; y < down; y++) {
        for (let x = 0; x < across; x++) {
          readers[i].read((row * down + y) * stride + column * across + x << 6);
        }
      }
    });
  }
  return bits.at;
}

interface BlockReader {
  /** Reads the block whose coefficients begin at a place. */
  read(at: number): void;
  /** Forgets what came before. */
  restart(): void;
}

/** Reads the blocks of one channel. */
function blockReader(
  bits: JpegBits,
  { progressive, band: [first, last], bits: [before, left] }: JpegScan,
  { channel: { coefficients }, dc, ac }: JpegScan["parts"][number],
): BlockReader {
  /** The coefficient before, and how many blocks to come have nothing in this band. */
  let sum = 0, empty = 0;
  const codeOf = (code: HuffmanCode | undefined): HuffmanCode => {
    if (code) return code;
    throw new DamagedScan();
  };
  const readSum = (at: number) => {
    const length = bits.symbol(codeOf(dc));
    if (length > 15) throw new DamagedScan();
    sum += bits.signed(length);
    coefficients[at] = sum << left;
  };
  /** Coefficients that are not zero, each behind a run of zeros; other words end a band. */
  const readBand = (at: number, from: number) => {
    const code = codeOf(ac);
    for (let k = from; k <= last; k++) {
      const word = bits.symbol(code), length = word & 15, run = word >> 4;
      if (length === 0) {
        if (run === 15) {
          k += 15;
          continue;
        }
        if (progressive) empty = (1 << run) + bits.take(run) - 1;
        return;
      }
      k += run;
      if (k > 63) throw new DamagedScan();
      coefficients[at + ZIGZAG[k]] = bits.signed(length) << left;
    }
  };
  const one = 1 << left;
  /** Adds a bit to a coefficient that is not zero. */
  const refine = (place: number) => {
    const value = coefficients[place];
    if (bits.take(1) && !(value & one)) coefficients[place] += value < 0 ? -one : one;
  };
  const refineBand = (at: number) => {
    let k = first;
    while (empty === 0 && k <= last) {
      const word = bits.symbol(codeOf(ac)), length = word & 15;
      let run = word >> 4, value = 0;
      if (length === 0 && run < 15) {
        empty = (1 << run) + bits.take(run);
        break;
      }
      if (length) value = bits.take(1) ? one : -one;
      for (; k <= last; k++) {
        const place = at + ZIGZAG[k];
        if (coefficients[place] !== 0) refine(place);
        else if (run-- === 0) {
          coefficients[place] = value;
          k++;
          break;
        }
      }
    }
    if (empty === 0) return;
    for (; k <= last; k++) {
      const place = at + ZIGZAG[k];
      if (coefficients[place] !== 0) refine(place);
    }
    empty--;
  };
  const read = (at: number): void => {
    if (!progressive) {
      readSum(at);
      readBand(at, 1);
    } else if (first === 0) {
      if (before === 0) readSum(at);
      else if (bits.take(1)) coefficients[at] |= one;
    } else if (before) refineBand(at);
    else if (empty) empty--;
    else readBand(at, first);
  };
  return { read, restart: () => sum = empty = 0 };
}
