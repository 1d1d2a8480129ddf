import { DeconvError } from "../errors.ts";
import { filler } from "./partial.ts";

/** An HDF5 file or a part of it: every read is checked. */
export interface Hdf5Bytes {
  /** How many bytes there are. */
  readonly size: number;
  /** A whole number of 1, 2, 4 or 8 bytes, little-endian. */
  uint(at: number, bytes: number): number;
  /** Some bytes, not copied. */
  slice(at: number, length: number): Uint8Array;
  /** Text up to a zero byte, or `most` bytes. */
  text(at: number, most?: number): string;
  /** Fails unless these four letters stand there. */
  expect(at: number, signature: string): void;
  /** Counts a step of reading: a file whose parts refer to each other in circles is refused. */
  step(): void;
}

/** An address that is none. */
export const NOWHERE = 2 ** 64;

/** Steps that reading may take, and more for every byte up to a limit: beyond them its parts are a circle. */
const STEPS = 100_000, MORE = 10_000_000;

/** Refuses an HDF5 file. */
export function refuseHdf5(fault: string): never {
  throw new DeconvError(`Cannot read HDF5: ${fault}`);
}

/** What damage is called. */
export const DAMAGED = "it is cut short or damaged: get the file again";

/** Wraps bytes. */
export function hdf5Bytes(bytes: Uint8Array): Hdf5Bytes {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const size = bytes.length, fill = filler(bytes);
  let steps = 0;
  const check = (at: number, length: number) => {
    if (!(at >= 0 && length >= 0 && at + length <= size)) refuseHdf5(DAMAGED);
    fill?.(at, length);
  };
  return {
    size,
    uint(at, width) {
      check(at, width);
      if (width === 1) return view.getUint8(at);
      if (width === 2) return view.getUint16(at, true);
      if (width === 4) return view.getUint32(at, true);
      return view.getUint32(at, true) + view.getUint32(at + 4, true) * 2 ** 32;
    },
    slice(at, length) {
      check(at, length);
      return bytes.subarray(at, at + length);
    },
    text(at, most = size - at) {
      check(at, 0);
      const end = Math.min(at + most, size);
      let stop = at;
      for (let known = at; stop < end; stop++) {
        if (stop >= known) fill?.(stop, (known = stop + 1024) - stop);
        if (bytes[stop] === 0) break;
      }
      return new TextDecoder().decode(bytes.slice(at, stop));
    },
    expect(at, signature) {
      check(at, signature.length);
      for (let i = 0; i < signature.length; i++) {
        if (bytes[at + i] !== signature.charCodeAt(i)) refuseHdf5(DAMAGED);
      }
    },
    step() {
      if (++steps > STEPS + Math.min(size, MORE)) {
        refuseHdf5("its parts refer to each other without end");
      }
    },
  };
}
