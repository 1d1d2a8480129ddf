import { byFactor } from "./by_factor.ts";
import { expectColour, rasterSize } from "./raster.ts";
import type { PictureTransformation, Reach, TransformationOptions } from "./transformation.ts";

/** Options of {@linkcode randomHue}. */
export interface HueOptions extends TransformationOptions {
  /** How far to turn the hue, in turns of the colour circle, within ±0.5. Default 0.05: ±18 degrees. */
  readonly factor?: Reach;
}

/**
 * Turns the colours of pictures along the circle red, yellow, green, cyan, blue, magenta. The hue is
 * that of HSV (Smith: "Color gamut transform pairs", 1978), whose saturation and value stay: each
 * pixel keeps its largest and its smallest channel value, as in torchvision's `ColorJitter`.
 *
 * @param options `factor` (default 0.05) and `probability` (default 1).
 * @throws {DeconvError} For a factor beyond ±0.5, or an option there is not. Pictures without three
 * channels are refused by `augment`.
 *
 * @example
 * ```ts
 * import { augment, randomHue, shapes } from "@deconv/deconv";
 * const dataset = augment(shapes({ size: 100 }), [randomHue({ factor: 0.1 })]);
 * console.log(dataset.size); // 100
 * ```
 */
export function randomHue(options: HueOptions = {}): PictureTransformation {
  return byFactor(options, {
    kind: "hue",
    standard: 0.05,
    still: 0,
    bounds: [-0.5, 0.5],
    shape: (shape) => expectColour("hue", shape),
    change: (from, to, turn) => turnHue(from.data, to.data, rasterSize(from), 6 * turn),
  });
}

/** Turns the hue of pixels by so many sixths of the circle. */
function turnHue(data: Float32Array, out: Float32Array, size: number, turn: number): void {
  for (let i = 0; i < size; i += 3) {
    const r = data[i], g = data[i + 1], b = data[i + 2];
    const most = Math.max(r, g, b), least = Math.min(r, g, b), range = most - least;
    // Where the colour lies on the circle: 0 red, 2 green, 4 blue.
    let place = turn;
    if (range > 0) {
      place += most === r
        ? (g - b) / range
        : most === g
        ? 2 + (b - r) / range
        : 4 + (r - g) / range;
    }
    if (place < 0) place += 6;
    else if (place >= 6) place -= 6;
    // A channel is at its most within a sixth of its own place, and at its least from two sixths on.
    out[i] = most - range * away(place, 0);
    out[i + 1] = most - range * away(place, 2);
    out[i + 2] = most - range * away(place, 4);
  }
}

/** How far a colour at `place` is from a channel's own place: 0 near it, 1 far from it. */
function away(place: number, own: number): number {
  const straight = Math.abs(place - own), distance = straight > 3 ? 6 - straight : straight;
  return distance <= 1 ? 0 : distance >= 2 ? 1 : distance - 1;
}
