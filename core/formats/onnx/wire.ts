/** Protocol buffers, read field by field with every length checked, and written. */
// deno-lint-ignore no-import-prefix
import { PbfReader, PbfWriter } from "npm:pbf@5.1.2";
import { DeconvError } from "../../errors.ts";
import { filler, whole } from "../partial.ts";

/** A field of a message as it lies in the file. */
export interface Field {
  /** Its number in the message's definition. */
  readonly number: number;
  /** Whether it is made of bytes: packed, where it is of numbers. */
  readonly packed: boolean;
  /** A whole number, for fields that are one; rounded beyond 2⁵³. */
  readonly integer: number;
  /** The bytes of a text, a message, packed numbers or a fixed-width number. */
  readonly bytes: Uint8Array;
}

const NONE = new Uint8Array(0);
const VARINT = 0, FIXED64 = 1, BYTES = 2, FIXED32 = 5;

function broken(what: string): DeconvError {
  return new DeconvError(`the file is damaged: ${what}`);
}

/**
 * The fields of a message, in the order of the file.
 *
 * @throws {DeconvError} When a field reaches beyond the message or is of no known type.
 */
export function* fieldsOf(message: Uint8Array): Generator<Field> {
  const reader = new PbfReader(message), end = message.length, fill = filler(message);
  const take = (length: number) => {
    if (!(length >= 0 && length <= end - reader.pos)) throw broken("a field is cut short");
    return message.subarray(reader.pos, reader.pos += length);
  };
  while (reader.pos < end) {
    fill?.(reader.pos, 20); // what it is, and its value or how long it is
    const tag = varint(reader), type = tag % 8, number = Math.floor(tag / 8);
    if (number < 1) throw broken("a field has no number");
    if (type === VARINT) yield { number, packed: false, integer: varint(reader), bytes: NONE };
    else if (type === BYTES) {
      yield { number, packed: true, integer: 0, bytes: take(varint(reader)) };
    } else if (type === FIXED32 || type === FIXED64) {
      yield { number, packed: false, integer: 0, bytes: take(type === FIXED32 ? 4 : 8) };
    } else throw broken(`a field is of the unknown type ${type}`);
  }
}

/** A whole number at the reader's place, with its sign. */
function varint(reader: PbfReader): number {
  const { buf, pos, length } = reader;
  let end = pos;
  while (end < length && buf[end] > 127) end++;
  if (end >= length || end - pos > 9) throw broken("a number is cut short");
  return reader.readVarint(true);
}

/** Whole numbers of a repeated field: packed, or this one alone. */
export function integersOf({ packed, bytes, integer }: Field): number[] {
  if (!packed) return [integer];
  const reader = new PbfReader(whole(bytes)), found: number[] = [];
  while (reader.pos < bytes.length) found.push(varint(reader));
  return found;
}

/** Float32 numbers of a repeated field: packed, or this one alone. */
export function floatsOf({ bytes }: Field): Float32Array {
  if (bytes.length % 4) throw broken("its numbers are cut short");
  return new Float32Array(new Uint8Array(whole(bytes)).buffer);
}

/** Float64 numbers of a repeated field. */
export function doublesOf({ bytes }: Field): Float64Array {
  if (bytes.length % 8) throw broken("its numbers are cut short");
  return new Float64Array(new Uint8Array(whole(bytes)).buffer);
}

/** A field's text. */
export function textOf({ bytes }: Field): string {
  return new TextDecoder().decode(whole(bytes));
}

/** Writes a message: fields by number, in the order they are given. */
export class MessageWriter {
  readonly #writer = new PbfWriter(new Uint8Array(64));

  /** A whole number. */
  integer(field: number, value: number): this {
    this.#writer.writeTag(field, VARINT);
    this.#writer.writeVarint(value);
    return this;
  }

  /** Whole numbers, packed. */
  integers(field: number, values: readonly number[]): this {
    const packed = new PbfWriter(new Uint8Array(16));
    values.forEach((value) => packed.writeVarint(value));
    return this.bytes(field, packed.finish());
  }

  /** A float32. */
  float(field: number, value: number): this {
    this.#writer.writeTag(field, FIXED32);
    this.#writer.writeFloat(value);
    return this;
  }

  /** Bytes or a message. */
  bytes(field: number, value: Uint8Array | MessageWriter): this {
    const bytes = value instanceof MessageWriter ? value.finish() : value;
    this.#writer.writeTag(field, BYTES);
    this.#writer.writeVarint(bytes.length);
    this.#writer.realloc(bytes.length);
    this.#writer.buf.set(bytes, this.#writer.pos);
    this.#writer.pos += bytes.length;
    return this;
  }

  /** A text. */
  text(field: number, value: string): this {
    return this.bytes(field, new TextEncoder().encode(value));
  }

  /** Everything written. */
  finish(): Uint8Array {
    return this.#writer.buf.subarray(0, this.#writer.pos);
  }
}
