/** Four tables of the reflected polynomial 0xEDB88320, for four bytes at a time ("slicing by 4"). */
const TABLES = makeTables();

function makeTables(): Uint32Array[] {
  const tables = Array.from({ length: 4 }, () => new Uint32Array(256));
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc >>> 1 ^ (crc & 1 ? 0xedb88320 : 0);
    tables[0][byte] = crc;
  }
  for (let byte = 0; byte < 256; byte++) {
    for (let t = 1; t < 4; t++) {
      const crc = tables[t - 1][byte];
      tables[t][byte] = crc >>> 8 ^ tables[0][crc & 255];
    }
  }
  return tables;
}

/**
 * The CRC-32 of bytes (ISO 3309, as in zip and PNG): finds every error of up to 32 bits in a row.
 *
 * @param before The CRC-32 of the bytes before these; default 0, for none.
 */
export function crc32(bytes: Uint8Array, before = 0): number {
  const [t0, t1, t2, t3] = TABLES;
  const whole = bytes.length - bytes.length % 4;
  let crc = ~before, i = 0;
  for (; i < whole; i += 4) {
    crc ^= bytes[i] | bytes[i + 1] << 8 | bytes[i + 2] << 16 | bytes[i + 3] << 24;
    crc = t3[crc & 255] ^ t2[crc >>> 8 & 255] ^ t1[crc >>> 16 & 255] ^ t0[crc >>> 24];
  }
  for (; i < bytes.length; i++) crc = crc >>> 8 ^ t0[(crc ^ bytes[i]) & 255];
  return ~crc >>> 0;
}
