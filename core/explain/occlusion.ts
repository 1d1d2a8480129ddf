import { type Pair, pair } from "../geometry.ts";
import type { Model } from "../model.ts";
import type { Tensors } from "../network.ts";
import type { Tensor } from "../tensor.ts";
import { baselineOf, type InputBaseline } from "./baseline.ts";
import { planeOf } from "./segments.ts";
import { type ManyPasses, pictureOf, scoreVariants, subjectOf } from "./variants.ts";

/** Options of `occlusion`. */
export interface OcclusionOptions extends ManyPasses {
  /** Height and width of the window that is covered. Default 3. */
  window?: Pair;
  /** How far apart the windows are. Default 1. */
  stride?: Pair;
  /** What a window is covered with. Default 0. */
  baseline?: InputBaseline;
}

/** The first cells of windows along an axis: the last window may hang over the edge, so that all is covered. */
function starts(size: number, window: number, stride: number): number[] {
  const count = Math.ceil(Math.max(size - window, 0) / stride) + 1;
  return Array.from({ length: count }, (_, i) => i * stride);
}

/**
 * Occlusion (Zeiler & Fergus 2014): how much of the target is lost where a window is covered,
 *
 * ```text
 * map[i] = mean over the windows w that cover i of f(x) − f(x with w covered)
 * ```
 *
 * as Captum's `Occlusion` has it. Windows cover all channels. Larger means: more was lost without it.
 *
 * @param x The inputs: pictures, signals or vectors; or with `of` what a layer makes.
 * @returns A number for each place, `[pictures, height, width]`.
 * @throws {DeconvError} When an option is wrong.
 *
 * @example
 * ```ts
 * import { occlusion, preset, zeros } from "@deconv/deconv";
 * const net = preset("classifier").build({ seed: 0 });
 * const map = await occlusion(net, zeros([1, 32, 32, 3]), { window: 8, stride: 4 });
 * console.log(map.shape); // [1, 32, 32]
 * ```
 */
export async function occlusion(
  model: Model,
  x: Tensors,
  options: OcclusionOptions = {},
): Promise<Tensor> {
  const subject = subjectOf(model, x, options);
  const [tall, wide] = pair(options.window ?? 3, "window", 1);
  const [down, across] = pair(options.stride ?? 1, "stride", 1);
  const [pictures, ...shape] = subject.x.shape;
  const { height, width, channels, spatial } = planeOf(shape);
  const baseline = baselineOf(subject.x, options.baseline ?? 0);
  const windows = starts(height, tall, down).flatMap((top) =>
    starts(width, wide, across).map((left) => ({ top, left }))
  );
  const eachCell = (window: number, use: (cell: number) => void) => {
    const { top, left } = windows[window];
    for (let i = top; i < Math.min(top + tall, height); i++) {
      for (let j = left; j < Math.min(left + wide, width); j++) use(i * width + j);
    }
  };
  const whole = subject.scores(subject.x);
  const found = await scoreVariants(subject, windows.length, (window, copy, picture) => {
    const cover = pictureOf(baseline, picture);
    eachCell(window, (cell) => {
      for (let k = cell * channels; k < (cell + 1) * channels; k++) copy[k] = cover[k];
    });
  }, options);
  const data = new Float32Array(pictures * height * width), cells = height * width;
  found.forEach((scores, picture) => {
    const sums = new Float64Array(cells), counts = new Uint32Array(cells);
    scores.forEach((score, window) =>
      eachCell(window, (cell) => {
        sums[cell] += whole[picture] - score;
        counts[cell]++;
      })
    );
    sums.forEach((sum, cell) => data[picture * cells + cell] = sum / Math.max(counts[cell], 1));
  });
  return { shape: [pictures, ...spatial], data };
}
