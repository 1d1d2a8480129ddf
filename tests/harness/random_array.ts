/**
 * Arrays of seeded random numbers for tests: the same on every machine and in every run.
 *
 * Independent of the product's random numbers on purpose. All values are float32, so that a
 * reference in float64 and a kernel in float32 start from the very same numbers.
 */

/** A float32 array with its shape; fits where the product wants a `Tensor`. */
export interface Array32 {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** A seed made of a text, such as a case's name (FNV-1a, 32 bits). */
export function seedOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  }
  return hash >>> 0;
}

/** A source of numbers uniform in [0, 1): splitmix32, a counter through murmur3's finaliser. */
export function uniformSource(seed: number): () => number {
  let counter = seed | 0;
  return () => {
    counter = (counter + 0x9e3779b9) | 0;
    let bits = counter;
    bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
    bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
    return ((bits ^ (bits >>> 16)) >>> 0) / 2 ** 32;
  };
}

/** A source of normal numbers (Box & Muller, one of each two). */
export function normalSource(seed: number): () => number {
  const uniform = uniformSource(seed);
  return () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
}

/** An array of this shape filled by calling `next` for each element in order. */
function filled(shape: readonly number[], next: () => number): Array32 {
  const data = new Float32Array(shape.reduce((product, size) => product * size, 1));
  for (let k = 0; k < data.length; k++) data[k] = next();
  return { shape, data };
}

/** Normal numbers around 0 with this standard deviation. */
export function randomNormal(shape: readonly number[], seed: number, scale = 1): Array32 {
  const normal = normalSource(seed);
  return filled(shape, () => scale * normal());
}

/** Normal numbers that a name stands for. */
export function namedNormal(shape: readonly number[], name: string): Array32 {
  return randomNormal(shape, seedOf(name));
}

/** Numbers uniform between `low` and `high`. */
export function randomUniform(
  shape: readonly number[],
  seed: number,
  low = 0,
  high = 1,
): Array32 {
  const uniform = uniformSource(seed);
  return filled(shape, () => low + (high - low) * uniform());
}

/** Whole numbers from 0 to `below` - 1. */
export function randomIntegers(shape: readonly number[], seed: number, below: number): Array32 {
  const uniform = uniformSource(seed);
  return filled(shape, () => Math.floor(below * uniform()));
}

/** Rows (over the last axis) that are positive and sum to 1, none of them close to 0. */
export function randomDistributions(shape: readonly number[], seed: number): Array32 {
  const weights = randomUniform(shape, seed, 0.1, 1);
  const width = shape[shape.length - 1];
  for (let start = 0; start < weights.data.length; start += width) {
    const row = weights.data.subarray(start, start + width);
    const sum = row.reduce((a, b) => a + b, 0);
    for (let k = 0; k < width; k++) row[k] /= sum;
  }
  return weights;
}

/** Rows (over the last axis) of zeros with a single one. */
export function randomOneHot(shape: readonly number[], seed: number): Array32 {
  const width = shape[shape.length - 1];
  const labels = randomIntegers(shape.slice(0, -1), seed, width);
  const rows = filled(shape, () => 0);
  labels.data.forEach((label, m) => rows.data[m * width + label] = 1);
  return rows;
}
