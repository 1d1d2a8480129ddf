import { type Shape, sizeOf, type Tensor } from "../../tensor.ts";

/**
 * How alike the activations of several pictures are: the mean over pairs of the cosine between their Gram
 * matrices (Olah et al. 2017; the style of Gatys et al. 2015), from −1 to 1, and its gradient with respect to
 * the activations.
 *
 * @param activations `[pictures, …, channels]`.
 */
export function likeness({ shape, data }: Tensor): { value: number; gradient: Float32Array } {
  const [count] = shape,
    channels = shape[shape.length - 1],
    width = sizeOf(shape.slice(1) as Shape);
  const gradient = new Float32Array(data.length), pairs = count * (count - 1);
  if (!pairs) return { value: 0, gradient };
  const grams: Float64Array[] = [], norms: number[] = [];
  for (let n = 0; n < count; n++) {
    const gram = new Float64Array(channels * channels);
    for (let at = n * width; at < (n + 1) * width; at += channels) {
      for (let i = 0; i < channels; i++) {
        if (data[at + i] === 0) continue;
        for (let j = 0; j < channels; j++) gram[i * channels + j] += data[at + i] * data[at + j];
      }
    }
    const norm = Math.sqrt(gram.reduce((sum, value) => sum + value * value, 0));
    grams.push(norm > 0 ? gram.map((value) => value / norm) : gram);
    norms.push(norm);
  }
  const all = new Float64Array(channels * channels);
  for (const gram of grams) gram.forEach((value, i) => all[i] += value);
  let value = 0;
  for (let n = 0; n < count; n++) {
    if (!(norms[n] > 0)) continue;
    // d/dG of Σ over others of <g, G/|G|>, twice, each pair standing in the sum both ways.
    const others = all.map((value, i) => value - grams[n][i]);
    const dot = others.reduce((sum, other, i) => sum + other * grams[n][i], 0);
    value += dot / pairs;
    const d = others.map((other, i) => 2 * (other - dot * grams[n][i]) / norms[n] / pairs);
    for (let at = n * width; at < (n + 1) * width; at += channels) {
      for (let i = 0; i < channels; i++) {
        let sum = 0;
        for (let j = 0; j < channels; j++) sum += d[i * channels + j] * data[at + j];
        gradient[at + i] = 2 * sum;
      }
    }
  }
  return { value, gradient };
}
