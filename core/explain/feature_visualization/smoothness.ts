/** Penalties on pictures, and their gradients. */

/** Differences smaller than this count as none. */
const SMALL = 1e-3;

/**
 * Total variation of a picture `[height, width, channels]`: the mean over neighbours of √(d² + ε²), added
 * times `weight` to the gradient.
 */
export function totalVariation(
  picture: Float64Array,
  [height, width, channels]: readonly [number, number, number],
  weight: number,
  gradient: Float64Array,
): number {
  const row = width * channels, size = height * row;
  let sum = 0;
  const neighbours = (a: number, b: number) => {
    const d = picture[b] - picture[a], length = Math.sqrt(d * d + SMALL * SMALL);
    sum += length / size;
    gradient[b] += weight * d / length / size;
    gradient[a] -= weight * d / length / size;
  };
  for (let i = 0; i < size; i++) {
    if (i % row < row - channels) neighbours(i, i + channels);
    if (i < size - row) neighbours(i, i + row);
  }
  return sum;
}

/** Mean squared distance of a picture from a value, added times `weight` to the gradient. */
export function distanceFrom(
  picture: Float64Array,
  middle: number,
  weight: number,
  gradient: Float64Array,
): number {
  let sum = 0;
  for (let i = 0; i < picture.length; i++) {
    const d = picture[i] - middle;
    sum += d * d / picture.length;
    gradient[i] += weight * 2 * d / picture.length;
  }
  return sum;
}
