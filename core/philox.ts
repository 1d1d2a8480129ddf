/**
 * Philox4x32-10: writes `blocks` blocks of four random words to `out`, for the counters
 * `[c0, c1, c2, c3], [c0+1, c1, c2, c3], …` and the key `[k0, k1]`. The carry of c0 goes nowhere.
 */
export function philox4x32(
  out: Uint32Array,
  blocks: number,
  c0: number,
  c1: number,
  c2: number,
  c3: number,
  k0: number,
  k1: number,
): void {
  for (let block = 0; block < blocks; block++) {
    let w0 = c0 + block | 0, w1 = c1 | 0, w2 = c2 | 0, w3 = c3 | 0, key0 = k0 | 0, key1 = k1 | 0;
    for (let round = 0; round < 10; round++) {
      const low0 = Math.imul(w0, 0xd2511f53), low1 = Math.imul(w2, 0xcd9e8d57);
      // The high halves of the two products, from four 16 x 16 bit products each.
      let a = w0 & 0xffff, b = w0 >>> 16;
      let mid = (Math.imul(b, 0x1f53) >>> 0) + (Math.imul(a, 0x1f53) >>> 16);
      let cross = Math.imul(a, 0xd251) >>> 0;
      let carry = (mid & 0xffff) + (cross & 0xffff) >>> 16;
      const high0 = Math.imul(b, 0xd251) + (mid >>> 16) + (cross >>> 16) + carry | 0;
      a = w2 & 0xffff, b = w2 >>> 16;
      mid = (Math.imul(b, 0x8d57) >>> 0) + (Math.imul(a, 0x8d57) >>> 16);
      cross = Math.imul(a, 0xcd9e) >>> 0;
      carry = (mid & 0xffff) + (cross & 0xffff) >>> 16;
      const high1 = Math.imul(b, 0xcd9e) + (mid >>> 16) + (cross >>> 16) + carry | 0;
      w0 = high1 ^ w1 ^ key0;
      w2 = high0 ^ w3 ^ key1;
      w1 = low1;
      w3 = low0;
      key0 = key0 + 0x9e3779b9 | 0;
      key1 = key1 + 0xbb67ae85 | 0;
    }
    out[4 * block] = w0;
    out[4 * block + 1] = w1;
    out[4 * block + 2] = w2;
    out[4 * block + 3] = w3;
  }
}
