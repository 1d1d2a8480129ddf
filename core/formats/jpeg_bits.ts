/** The coded part of a JPEG file: bits, and the numbers that Huffman's code makes of them. */

/** Says that a file's coded part is not what it should be. */
export class DamagedScan extends Error {}

const TABLE_BITS = 8;

/** A Huffman code, as a file lists it: how many words there are of each length, and what they mean. */
export class HuffmanCode {
  /** By the first 8 bits of a word that is not longer: its length, and what it means. */
  readonly short: Uint16Array = new Uint16Array(1 << TABLE_BITS);
  /** By length: the first word that is longer, as 16 bits. */
  readonly #ends: Uint32Array = new Uint32Array(18);
  /** By length: what must be added to a word for its number among `values`. */
  readonly #shifts: Int32Array = new Int32Array(17);

  /**
   * @param counts How many words there are of 1 … 16 bits.
   * @param values What they mean, in order.
   * @throws {DamagedScan} When there are more words than a code can have.
   */
  constructor(counts: Uint8Array, readonly values: Uint8Array) {
    let word = 0, number = 0;
    for (let length = 1; length <= 16; length++) {
      const count = counts[length - 1];
      if (word + count > 1 << length) throw new DamagedScan();
      this.#shifts[length] = number - word;
      for (let i = 0; i < count && length <= TABLE_BITS; i++) {
        const first = word + i << TABLE_BITS - length;
        const entry = length << 8 | values[number + i];
        this.short.fill(entry, first, first + (1 << TABLE_BITS - length));
      }
      word += count, number += count;
      this.#ends[length] = word << 16 - length;
      word <<= 1;
    }
    this.#ends[17] = Infinity;
  }

  /** Length and meaning of a word of more than 8 bits that 16 bits begin with; 0 where there is none. */
  long(bits: number): number {
    for (let length = TABLE_BITS + 1; length <= 16; length++) {
      if (bits >= this.#ends[length]) continue;
      return length << 8 | this.values[(bits >> 16 - length) + this.#shifts[length]];
    }
    return 0;
  }
}

/** Reads bits. Behind the last one it sees zeros, but will not take them. */
export class JpegBits {
  #buffer = 0;
  #filled = 0;
  /** How many of the buffer's last bits are none of the file's. */
  #missing = 0;

  /** @param at Where the coded part begins, and then where it has been read to. */
  constructor(readonly bytes: Uint8Array, public at: number) {}

  #fill(count: number): void {
    while (this.#filled < count) {
      let byte = this.bytes[this.at] ?? -1;
      // A zero follows each byte of ones; anything else is a marker.
      if (byte === 0xff && this.bytes[this.at + 1] !== 0) byte = -1;
      if (byte < 0) this.#missing += 8;
      else this.at += byte === 0xff ? 2 : 1;
      this.#buffer = this.#buffer << 8 | Math.max(byte, 0);
      this.#filled += 8;
    }
  }

  /** The next bits (up to 16) as a number. @throws {DamagedScan} When there are not so many. */
  take(count: number): number {
    if (count === 0) return 0;
    this.#fill(count);
    this.#filled -= count;
    if (this.#filled < this.#missing) throw new DamagedScan();
    return this.#buffer >>> this.#filled & (1 << count) - 1;
  }

  /** A number of so many bits; below half of their range they stand for one below 0. */
  signed(count: number): number {
    const value = this.take(count);
    return value >= 1 << count - 1 || count === 0 ? value : value - (1 << count) + 1;
  }

  /** What the next word means. @throws {DamagedScan} When there is no such word. */
  symbol(code: HuffmanCode): number {
    this.#fill(16);
    const bits = this.#buffer >>> this.#filled - 16 & 0xffff;
    const entry = code.short[bits >> 16 - TABLE_BITS] || code.long(bits);
    this.#filled -= entry >> 8;
    if (entry === 0 || this.#filled < this.#missing) throw new DamagedScan();
    return entry & 0xff;
  }

  /** Leaves out what is left of a byte and goes over a restart marker. */
  restart(): void {
    const { bytes } = this;
    this.#buffer = this.#filled = this.#missing = 0;
    while (bytes[this.at] === 0xff && bytes[this.at + 1] === 0xff) this.at++;
    const marker = bytes[this.at + 1] ?? 0;
    if (bytes[this.at] !== 0xff || marker < 0xd0 || marker > 0xd7) throw new DamagedScan();
    this.at += 2;
  }
}
