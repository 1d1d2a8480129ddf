/** Bytes of a file put together. */

/** Parts, one behind the other. */
export function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** Float32 numbers, little-endian; bit for bit, of what is not a number too. */
export function floatBytes(data: Float32Array): Uint8Array {
  const bytes = new Uint8Array(4 * data.length), view = new DataView(bytes.buffer);
  const bits = new Uint32Array(data.buffer, data.byteOffset, data.length);
  for (let i = 0; i < bits.length; i++) view.setUint32(4 * i, bits[i], true);
  return bytes;
}
