/**
 * The projection of Zeiler & Fergus 2014, step by step as the paper has it, in float64: stages of a
 * convolution ("same", stride 1), a relu and perhaps a 2x2 max pool.
 */

/** A picture `[height][width][channels]`. */
export type Picture = number[][][];

/** One stage. */
export interface Stage {
  /** `[row][column][from][to]`, an odd number of rows and columns. */
  readonly kernel: number[][][][];
  readonly bias: readonly number[];
  /** Whether a max pool follows the relu. */
  readonly pool: boolean;
}

const make = (height: number, width: number, value: (y: number, x: number) => number[]): Picture =>
  Array.from({ length: height }, (_, y) => Array.from({ length: width }, (_, x) => value(y, x)));

/** Convolution, or its transpose: every product of the one is a product of the other. */
function convolve(x: Picture, { kernel, bias }: Stage, transposed: boolean): Picture {
  const [height, width] = [x.length, x[0].length], reach = (kernel.length - 1) / 2;
  const channels = transposed ? kernel[0][0].length : kernel[0][0][0].length;
  const y = make(height, width, () => transposed ? new Array(channels).fill(0) : [...bias]);
  for (let i = 0; i < height; i++) {
    for (let j = 0; j < width; j++) {
      kernel.forEach((line, r) =>
        line.forEach((weights, s) => {
          const [p, q] = [i + r - reach, j + s - reach];
          if (p < 0 || q < 0 || p >= height || q >= width) return;
          weights.forEach((to, c) =>
            to.forEach((w, k) => {
              if (transposed) y[p][q][c] += w * x[i][j][k];
              else y[i][j][k] += w * x[p][q][c];
            })
          );
        })
      );
    }
  }
  return y;
}

const relu = (x: Picture): Picture =>
  x.map((row) => row.map((pixel) => pixel.map((v) => Math.max(0, v))));

/**
 * Projects one activation of the last stage, before its pool.
 *
 * @param at Row, column and channel; by default the strongest place of `channel`.
 */
export function project(
  x: Picture,
  stages: readonly Stage[],
  channel: number,
  at?: readonly [number, number],
): { projection: Picture; at: readonly number[]; value: number } {
  let value = x;
  /** Of each pooled value where it came from. */
  const switches: (Map<string, [number, number]> | null)[] = [];
  stages.forEach((stage, i) => {
    value = relu(convolve(value, stage, false));
    if (!stage.pool || i === stages.length - 1) return switches.push(null);
    const found = new Map<string, [number, number]>(), full = value;
    value = make(full.length / 2, full[0].length / 2, (y, x) =>
      full[0][0].map((_, c) => {
        let best: [number, number] = [2 * y, 2 * x];
        for (const [p, q] of [[2 * y, 2 * x + 1], [2 * y + 1, 2 * x], [2 * y + 1, 2 * x + 1]]) {
          if (full[p][q][c] > full[best[0]][best[1]][c]) best = [p, q];
        }
        found.set(`${y},${x},${c}`, best);
        return full[best[0]][best[1]][c];
      }));
    switches.push(found);
  });
  let place = at ?? [0, 0] as const;
  if (!at) {
    value.forEach((row, y) =>
      row.forEach((pixel, x) => {
        if (pixel[channel] > value[place[0]][place[1]][channel]) place = [y, x];
      })
    );
  }
  const kept = value[place[0]][place[1]][channel];
  let down = make(
    value.length,
    value[0].length,
    (y, x) =>
      value[0][0].map((_, c) => y === place[0] && x === place[1] && c === channel ? kept : 0),
  );
  for (let i = stages.length - 1; i >= 0; i--) {
    const found = switches[i];
    if (found) {
      const [height, width] = [2 * down.length, 2 * down[0].length], small = down;
      down = make(height, width, () => small[0][0].map(() => 0));
      for (const [key, [p, q]] of found) {
        const [y, x, c] = key.split(",").map(Number);
        down[p][q][c] += small[y][x][c];
      }
    }
    down = convolve(relu(down), stages[i], true);
  }
  return { projection: down, at: place, value: kept };
}
