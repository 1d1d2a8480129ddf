import type { Raster } from "./raster.ts";
import {
  checkChoice,
  checkOptions,
  type PictureTransformation,
  type TransformationOptions,
} from "./transformation.ts";

/** Options of {@linkcode randomFlip}. */
export interface FlipOptions extends TransformationOptions {
  /** Left for right (the default), upside down, or each of them by a chance of its own. */
  readonly mode?: "horizontal" | "vertical" | "horizontal_and_vertical";
}

/**
 * Mirrors pictures, and their masks with them.
 *
 * @param options `mode` (default `"horizontal"`) and `probability` (default 0.5; in mode
 * `"horizontal_and_vertical"` for each direction by itself).
 * @throws {DeconvError} For an unknown mode or option, or a probability outside 0..1.
 *
 * @example
 * ```ts
 * import { augment, randomFlip, shapes } from "@deconv/deconv";
 * const dataset = augment(shapes({ size: 100 }), [randomFlip()], { seed: 1 });
 * console.log(dataset.shape); // [32, 32, 3]
 * ```
 */
export function randomFlip(options: FlipOptions = {}): PictureTransformation {
  const { mode = "horizontal", probability = 0.5, ...rest } = options;
  checkOptions("flip", probability, rest);
  checkChoice("flip", "mode", mode, ["horizontal", "vertical", "horizontal_and_vertical"]);
  return {
    config: { kind: "flip", mode, probability },
    probability: 1, // of its own for each direction
    changes: "place",
    shape: (shape) => shape,
    apply(from, to, draw) {
      const across = mode !== "vertical" && draw.uniform(1) < probability;
      const down = mode !== "horizontal" && draw.uniform(2) < probability;
      if (across) mirror(from, to, down);
      else if (down) turnOver(from, to);
      return across || down;
    },
  };
}

/** Left for right, and upside down if `down`. */
function mirror({ data, height, width, channels }: Raster, to: Raster, down: boolean): void {
  const line = width * channels, out = to.data;
  for (let y = 0; y < height; y++) {
    let source = (y + 1) * line - channels;
    let target = (down ? height - 1 - y : y) * line;
    if (channels === 3) {
      for (const end = target + line; target < end; target += 3, source -= 3) {
        out[target] = data[source];
        out[target + 1] = data[source + 1];
        out[target + 2] = data[source + 2];
      }
      continue;
    }
    for (const end = target + line; target < end; target += channels, source -= channels) {
      for (let c = 0; c < channels; c++) out[target + c] = data[source + c];
    }
  }
}

/** Upside down. */
function turnOver({ data, height, width, channels }: Raster, to: Raster): void {
  const line = width * channels;
  for (let y = 0; y < height; y++) {
    to.data.set(data.subarray(y * line, (y + 1) * line), (height - 1 - y) * line);
  }
}
