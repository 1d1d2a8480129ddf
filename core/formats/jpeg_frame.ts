/** The segments of a JPEG file, read one by one into channels of coefficients. */
import { DamagedScan, HuffmanCode } from "./jpeg_bits.ts";
import { type JpegChannel, readScan, ZIGZAG } from "./jpeg_scan.ts";

/** What a file's segments come to. */
export interface JpegFrame {
  /** Its channels. */
  readonly channels: readonly JpegChannel[];
  /** By channel: what each coefficient counts, in the order of rows. */
  readonly steps: readonly Uint16Array[];
  /** The most blocks that a channel has in a unit. */
  readonly most: readonly [across: number, down: number];
  /** Whether it says that it is JFIF. */
  readonly jfif: boolean;
  /** The transform that Adobe's segment names, if there is one. */
  readonly adobe: number | null;
}

/** Passes that a file may have: a small pass can go over a large picture. */
const MOST_SCANS = 1000;

/** Coefficients that a file may have. */
const MOST_COEFFICIENTS = 2 ** 29;

function channelsOf(body: Uint8Array): Pick<JpegFrame, "channels" | "most"> {
  const height = body[1] << 8 | body[2], width = body[3] << 8 | body[4];
  const parts = Array.from({ length: body[5] }, (_, i) => body.subarray(6 + 3 * i, 9 + 3 * i));
  const factors = parts.map(([, factor]) => [factor >> 4, factor & 15]);
  if (
    ![1, 3, 4].includes(parts.length) || body.length < 6 + 3 * parts.length ||
    factors.flat().some((n) => n < 1 || n > 4)
  ) throw new DamagedScan();
  const most = [0, 1].map((axis) => Math.max(...factors.map((factor) => factor[axis])));
  const units = [Math.ceil(width / 8 / most[0]), Math.ceil(height / 8 / most[1])];
  const channels = parts.map(([id, , quantization], i): JpegChannel => {
    const [across, down] = factors[i];
    const stride = units[0] * across, size = 64 * stride * units[1] * down;
    if (size > MOST_COEFFICIENTS) throw new DamagedScan();
    return {
      id,
      across,
      down,
      quantization,
      columns: Math.ceil(Math.ceil(width * across / most[0]) / 8),
      rows: Math.ceil(Math.ceil(height * down / most[1]) / 8),
      stride,
      coefficients: new Int16Array(size),
    };
  });
  return { channels, most: [most[0], most[1]] };
}

/** A file's segments as they have been read so far. */
class Segments {
  frame: Pick<JpegFrame, "channels" | "most"> | null = null;
  progressive = false;
  interval = 0;
  jfif = false;
  adobe: number | null = null;
  #scans = 0;
  /** By number: what coefficients count. */
  readonly quantizations: (Uint16Array | undefined)[] = [];
  /** By channel: what they counted when its first scan came. */
  readonly steps: (Uint16Array | undefined)[] = [];
  /** Codes by number, those of AC from 16 on. */
  readonly codes: (HuffmanCode | undefined)[] = [];

  /** Reads a segment that is no scan. */
  read(marker: number, body: Uint8Array): void {
    if (marker === 0xdb) this.#readQuantization(body);
    else if (marker === 0xc4) this.#readCodes(body);
    else if (marker >= 0xc0 && marker <= 0xc2) {
      if (this.frame || body.length < 6) throw new DamagedScan();
      this.frame = channelsOf(body);
      this.progressive = marker === 0xc2;
    } else if (marker === 0xdd) this.interval = body[0] << 8 | body[1];
    else if (marker === 0xe0) this.jfif ||= isText(body, "JFIF");
    else if (marker === 0xee && isText(body, "Adobe")) this.adobe = body[11] ?? 0;
  }

  #readQuantization(body: Uint8Array): void {
    for (let at = 0; at < body.length;) {
      const wide = body[at] >> 4 ? 2 : 1, number = body[at++] & 15, steps = new Uint16Array(64);
      if (at + 64 * wide > body.length) throw new DamagedScan();
      for (let i = 0; i < 64; i++, at += wide) {
        steps[ZIGZAG[i]] = wide === 2 ? body[at] << 8 | body[at + 1] : body[at];
      }
      this.quantizations[number] = steps;
    }
  }

  #readCodes(body: Uint8Array): void {
    for (let at = 0; at + 17 <= body.length;) {
      const number = body[at], counts = body.subarray(at + 1, at + 17);
      const total = counts.reduce((sum, n) => sum + n, 0);
      at += 17;
      if (total > 256 || at + total > body.length) throw new DamagedScan();
      this.codes[number & 31] = new HuffmanCode(counts, body.slice(at, at += total));
    }
  }

  /** Reads a scan whose coded part begins at a place; where that ends. */
  scan(bytes: Uint8Array, body: Uint8Array, at: number): number {
    const { frame, progressive } = this, count = body[0];
    if (
      ++this.#scans > MOST_SCANS || !frame || !(count >= 1 && count <= 4) ||
      body.length < 4 + 2 * count
    ) {
      throw new DamagedScan();
    }
    const parts = Array.from({ length: count }, (_, i) => {
      const channel = frame.channels.findIndex(({ id }) => id === body[1 + 2 * i]);
      if (channel < 0) throw new DamagedScan();
      const codes = body[2 + 2 * i], found = frame.channels[channel];
      this.steps[channel] ??= this.quantizations[found.quantization]?.slice();
      return { channel: found, dc: this.codes[codes >> 4], ac: this.codes[16 + (codes & 15)] };
    });
    const [first, last, bits] = body.subarray(1 + 2 * count);
    const band: [number, number] = progressive ? [first, last] : [0, 63];
    if (band[0] > band[1] || band[1] > 63 || progressive && first && count > 1) {
      throw new DamagedScan();
    }
    const { channels: [{ across, stride, down, coefficients }] } = frame;
    const units: [number, number] = [stride / across, coefficients.length / 64 / stride / down];
    return readScan(bytes, at, {
      parts,
      progressive,
      band,
      bits: progressive ? [bits >> 4, bits & 15] : [0, 0],
      interval: this.interval,
      units,
    });
  }
}

const isText = (body: Uint8Array, text: string) =>
  Array.from(text).every((letter, i) => body[i] === letter.charCodeAt(0));

/**
 * Reads a JPEG file's segments to its end.
 *
 * @throws {DamagedScan} When it is cut short or damaged.
 */
export function readFrame(bytes: Uint8Array): JpegFrame {
  const segments = new Segments();
  for (let at = 2;;) {
    // What is between segments is nothing.
    while (at < bytes.length && (bytes[at] !== 0xff || isNoMarker(bytes[at + 1]))) at++;
    const marker = bytes[at + 1];
    if (marker === undefined) throw new DamagedScan();
    if (marker === 0xd9) break;
    const length = bytes[at + 2] << 8 | bytes[at + 3], end = at + 2 + length;
    if (!(length >= 2 && end <= bytes.length)) throw new DamagedScan();
    const body = bytes.subarray(at + 4, end);
    if (marker === 0xda) at = segments.scan(bytes, body, end);
    else {
      segments.read(marker, body);
      at = end;
    }
  }
  const { frame, steps, jfif, adobe } = segments;
  if (!frame) throw new DamagedScan();
  const all = frame.channels.map((_, i) => {
    const found = steps[i];
    if (found) return found;
    throw new DamagedScan();
  });
  return { ...frame, steps: all, jfif, adobe };
}

/** Whether what follows a byte of ones makes it no marker of a segment. */
const isNoMarker = (next: number) => next === 0 || next === 0xff || next >= 0xd0 && next <= 0xd8;
