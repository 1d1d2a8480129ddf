/**
 * WAV files (RIFF; "Multimedia Programming Interface and Data Specifications 1.0", 1991): chunks of a
 * name, a length and content; `fmt ` says what the samples in `data` are. Everything little-endian.
 */
import { DeconvError } from "../errors.ts";

/** What a WAV file holds. */
export interface WavFormat {
  /** Samples a second of one channel. */
  readonly sampleRate: number;
  /** Channels, their samples taking turns. */
  readonly channels: number;
  /** Samples of one channel. */
  readonly frames: number;
  /** Bits a sample: 8, 16, 24 or 32, or 32 or 64 where they are floats. */
  readonly bits: number;
  /** Whether samples are floats rather than whole numbers. */
  readonly float: boolean;
  /** Where the samples begin. */
  readonly start: number;
}

/** Reads bytes at a place, at once or later. */
export type ReadAt = (offset: number, into: Uint8Array) => void | Promise<void>;

/**
 * Reads what a WAV file says of itself: PCM of 8, 16, 24 or 32 bits, or floats of 32 or 64.
 *
 * @throws {DeconvError} When it is no such file, or is cut short or damaged.
 */
export async function readWavHeader(
  { name, size, read }: { name: string; size: number; read: ReadAt },
): Promise<WavFormat> {
  const refuse = (why: string): never => {
    throw new DeconvError(`Cannot read ${name} as WAV: ${why}`);
  };
  const cut = "it is cut short: get the file again";
  const at = async (offset: number, length: number) => {
    if (offset + length > size) refuse(cut);
    const bytes = new Uint8Array(length);
    await read(offset, bytes);
    return new DataView(bytes.buffer);
  };
  const tag = (view: DataView, offset: number) =>
    String.fromCharCode(...new Uint8Array(view.buffer, offset, 4));
  const riff = await at(0, 12);
  if (tag(riff, 0) !== "RIFF" || tag(riff, 8) !== "WAVE") refuse("it does not begin like one");
  let format: Omit<WavFormat, "frames" | "start"> | undefined, frame = 0;
  for (let offset = 12;;) {
    const chunk = await at(offset, 8), kind = tag(chunk, 0), length = chunk.getUint32(4, true);
    offset += 8;
    if (offset + length > size) refuse(cut);
    if (kind === "fmt ") {
      if (length < 16) refuse("it is damaged");
      const view = await at(offset, Math.min(length, 40));
      // An extensible format has the code that others begin with at the start of an identifier.
      const extensible = view.getUint16(0, true) === 0xfffe && length >= 40;
      const code = view.getUint16(extensible ? 24 : 0, true), bits = view.getUint16(14, true);
      const known = code === 1 && [8, 16, 24, 32].includes(bits) || code === 3 && bits % 32 === 0 &&
          bits > 0 && bits <= 64;
      if (!known) refuse(`its samples are of format ${code} with ${bits} bits; save it as PCM`);
      const channels = view.getUint16(2, true);
      frame = channels * bits / 8;
      if (channels < 1 || view.getUint16(12, true) !== frame) refuse("it is damaged");
      format = { sampleRate: view.getUint32(4, true), channels, bits, float: code === 3 };
    }
    if (kind === "data") {
      if (!format) return refuse("it is damaged");
      if (length % frame) refuse(`its ${length} bytes of samples are not whole frames of ${frame}`);
      return { ...format, frames: length / frame, start: offset };
    }
    offset += length + length % 2;
  }
}

/** Turns bytes of samples into values -1 … 1. */
export function decodeSamples(
  bytes: Uint8Array,
  { bits, float }: Pick<WavFormat, "bits" | "float">,
  to: Float32Array,
  at: number,
): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const width = bits / 8, scale = 2 ** (bits - 1);
  for (let i = 0; i < bytes.length; i += width) to[at++] = value(i);

  function value(i: number): number {
    if (float) return width === 4 ? view.getFloat32(i, true) : view.getFloat64(i, true);
    if (width === 1) return (bytes[i] - 128) / scale;
    if (width === 2) return view.getInt16(i, true) / scale;
    if (width === 3) return (view.getInt16(i + 1, true) * 256 + bytes[i]) / scale;
    return view.getInt32(i, true) / scale;
  }
}
