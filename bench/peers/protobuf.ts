/** Writes protocol buffers, as much of them as an ONNX model needs: fields by number, in any order. */
export class ProtobufWriter {
  readonly #parts: Uint8Array[] = [];

  /** A whole number of at least 0. */
  integer(field: number, value: number): this {
    return this.#push(varint(field << 3), varint(value));
  }

  /** Bytes, a text, or a message. */
  bytes(field: number, value: Uint8Array | string | ProtobufWriter): this {
    const bytes = typeof value === "string"
      ? new TextEncoder().encode(value)
      : value instanceof ProtobufWriter
      ? value.finish()
      : value;
    return this.#push(varint(field << 3 | 2), varint(bytes.length), bytes);
  }

  /** Several whole numbers, packed. */
  integers(field: number, values: readonly number[]): this {
    return this.bytes(field, concatenate(values.map(varint)));
  }

  /** Everything written. */
  finish(): Uint8Array {
    return concatenate(this.#parts);
  }

  #push(...parts: Uint8Array[]): this {
    this.#parts.push(...parts);
    return this;
  }
}

/** Seven bits a byte, the lowest first; the highest bit says that more follow. */
function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  for (; value > 127; value = Math.floor(value / 128)) bytes.push(value % 128 + 128);
  return Uint8Array.from([...bytes, value]);
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
