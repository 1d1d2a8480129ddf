import assert from "node:assert/strict";
import { crc32 } from "../core/formats/crc32.ts";

Deno.test("crc32 gives the published check value, and that of every length by the definition", () => {
  assert.equal(crc32(new TextEncoder().encode("123456789")), 0xcbf43926);
  assert.equal(crc32(new Uint8Array()), 0);
  const bytes = Uint8Array.from({ length: 40 }, (_, i) => i * 151 + 7);
  for (let length = 0; length <= bytes.length; length++) {
    const part = bytes.subarray(0, length);
    let expected = 0xffffffff;
    for (const byte of part) {
      for (let bit = 0; bit < 8; bit++) {
        expected = expected >>> 1 ^ ((expected ^ byte >> bit) & 1 ? 0xedb88320 : 0);
      }
    }
    assert.equal(crc32(part), ~expected >>> 0, `${length} bytes`);
    const middle = length >> 1;
    assert.equal(crc32(part.subarray(middle), crc32(part.subarray(0, middle))), crc32(part));
  }
});
