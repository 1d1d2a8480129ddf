/** The numbers that numpy draws: what the expected masks of ONNX's dropout come from. */

/** Uniform numbers of [0, 1) by a Mersenne twister (Matsumoto & Nishimura 1998) with this seed. */
export function numpyUniform(seed: number): () => number {
  const state = new Uint32Array(624);
  state[0] = seed;
  for (let i = 1; i < 624; i++) {
    const before = state[i - 1] ^ state[i - 1] >>> 30;
    state[i] = Math.imul(1812433253, before) + i;
  }
  let at = 624;
  const word = () => {
    if (at === 624) {
      for (let i = 0; i < 624; i++) {
        const y = state[i] & 0x80000000 | state[(i + 1) % 624] & 0x7fffffff;
        state[i] = state[(i + 397) % 624] ^ y >>> 1 ^ (y & 1 ? 0x9908b0df : 0);
      }
      at = 0;
    }
    let y = state[at++];
    y ^= y >>> 11;
    y ^= y << 7 & 0x9d2c5680;
    y ^= y << 15 & 0xefc60000;
    return (y ^ y >>> 18) >>> 0;
  };
  // 53 bits of two words.
  return () => ((word() >>> 5) * 67108864 + (word() >>> 6)) / 9007199254740992;
}
