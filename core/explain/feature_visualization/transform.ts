import type { Random } from "../../random.ts";

/** How pictures are moved about while they are made, so that they mean something wherever they stand. */
export interface Transformations {
  /** Pixels by which they are shifted at most, either way. Default an eighth of the shorter side. */
  jitter?: number;
  /** Factors by which they are enlarged, at least and at most. Default `[0.9, 1.1]`. */
  scale?: readonly [least: number, most: number];
  /** Degrees by which they are turned at most, either way. Default 10. */
  rotation?: number;
}

/** Where a pixel of the moved picture looks: four pixels and their weights. */
export interface Sampling {
  /** Four positions for each pixel. */
  readonly from: Int32Array;
  /** And their weights. */
  readonly weights: Float64Array;
}

/** Sizes of the picture that is looked at and of the larger canvas that it is a piece of. */
export interface Canvas {
  /** Height of the picture. */
  readonly height: number;
  /** Its width. */
  readonly width: number;
  /** Pixels that the canvas has more, on each side. */
  readonly margin: number;
}

/**
 * One way to look at the middle of a canvas: turned, enlarged and shifted, between pixels bilinearly; what
 * lies beyond the edge is the edge.
 */
export function lookAt(
  { height, width, margin }: Canvas,
  { shift = [0, 0], scale = 1, angle = 0 }: {
    shift?: readonly [number, number];
    scale?: number;
    angle?: number;
  },
): Sampling {
  const rows = height + 2 * margin, columns = width + 2 * margin, pixels = height * width;
  const from = new Int32Array(4 * pixels), weights = new Float64Array(4 * pixels);
  const cos = Math.cos(angle) / scale, sin = Math.sin(angle) / scale;
  const within = (value: number, size: number) => Math.min(size - 1, Math.max(0, value));
  for (let i = 0; i < pixels; i++) {
    const dy = Math.floor(i / width) - (height - 1) / 2, dx = i % width - (width - 1) / 2;
    const y = cos * dy + sin * dx + (rows - 1) / 2 + shift[0];
    const x = cos * dx - sin * dy + (columns - 1) / 2 + shift[1];
    const top = Math.floor(y), left = Math.floor(x), v = y - top, u = x - left;
    for (let corner = 0; corner < 4; corner++) {
      const below = corner >> 1, right = corner & 1;
      from[4 * i + corner] = within(top + below, rows) * columns + within(left + right, columns);
      weights[4 * i + corner] = (below ? v : 1 - v) * (right ? u : 1 - u);
    }
  }
  return { from, weights };
}

/** Draws a way to look for picture `index` at a step. */
export function drawLook(
  canvas: Canvas,
  { jitter = 0, scale = [1, 1], rotation = 0 }: Transformations,
  random: Random,
  step: number,
  index: number,
): Sampling {
  const draw = (k: number) => random.uniform(step, 4 * index + k);
  const whole = (k: number) => random.integer(2 * jitter + 1, step, 4 * index + k) - jitter;
  return lookAt(canvas, {
    shift: [whole(0), whole(1)],
    scale: scale[0] + (scale[1] - scale[0]) * draw(2),
    angle: (2 * draw(3) - 1) * rotation * Math.PI / 180,
  });
}

/** What is seen of a canvas of channels `[rows, columns, channels]`. */
export function sample(
  { from, weights }: Sampling,
  canvas: Float64Array,
  channels: number,
  out: Float32Array | Float64Array,
): void {
  const pixels = from.length / 4;
  for (let i = 0; i < pixels; i++) {
    for (let c = 0; c < channels; c++) {
      let sum = 0;
      for (let k = 4 * i; k < 4 * i + 4; k++) sum += weights[k] * canvas[from[k] * channels + c];
      out[i * channels + c] = sum;
    }
  }
}

/** The adjoint of `sample`: adds to the canvas' gradient what the gradient of what is seen makes of it. */
export function sampleAdjoint(
  { from, weights }: Sampling,
  gradient: Float32Array | Float64Array,
  channels: number,
  canvas: Float64Array,
): void {
  for (let i = 0; i < from.length; i++) {
    for (let c = 0; c < channels; c++) {
      canvas[from[i] * channels + c] += weights[i] * gradient[(i >> 2) * channels + c];
    }
  }
}
