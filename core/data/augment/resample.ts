/** The sampler of pictures that are turned, scaled or slanted about their middle. */
import type { Interpolation } from "../../resampling.ts";
import { type Fill, fillOf, type FillOptions, foldPlace } from "./fill.ts";
import type { Draw } from "./draw.ts";
import type { Raster } from "./raster.ts";
import {
  checkChoice,
  checkOptions,
  type PictureTransformation,
  type TransformationOptions,
} from "./transformation.ts";

/** What transformations that resample take. */
export interface ResampleOptions extends TransformationOptions, FillOptions {
  /** How values between pixels are made. Default `"bilinear"`; masks are always `"nearest"`. */
  readonly interpolation?: Interpolation;
}

/**
 * Takes each place of the result to a place of the picture, both from the middle, x to the right and
 * y down: `[xx·x + xy·y, yx·x + yy·y]`.
 */
export interface Linear {
  /** What x counts in x. */
  readonly xx: number;
  /** What y counts in x. */
  readonly xy: number;
  /** What x counts in y. */
  readonly yx: number;
  /** What y counts in y. */
  readonly yy: number;
}

/**
 * A transformation that resamples.
 *
 * @param kind Its kind.
 * @param options What it was given besides its own options.
 * @param own Its own options, for its config.
 * @param matrix What it does to one picture.
 * @throws {DeconvError} When an option is unknown or wrong.
 */
export function resampling(
  kind: string,
  options: ResampleOptions,
  own: { readonly [option: string]: unknown },
  matrix: (draw: Draw) => Linear,
): PictureTransformation {
  const { interpolation = "bilinear", probability = 1, ...others } = options;
  const { fillMode: _mode, fillValue: _value, maskValue: _mask, ...rest } = others;
  checkOptions(kind, probability, rest);
  checkChoice(kind, "interpolation", interpolation, ["bilinear", "nearest"]);
  const fill = fillOf(kind, others, "reflect");
  return {
    config: { kind, ...own, interpolation, ...fill, probability },
    probability,
    changes: "place",
    shape: (shape) => shape,
    apply(from, to, draw, mask) {
      const linear = matrix(draw);
      const { xx, xy, yx, yy } = linear;
      if (xx === 1 && yy === 1 && xy === 0 && yx === 0) return false;
      if (mask || interpolation === "nearest") {
        sampleNearest(from, to, linear, fill, mask ? fill.maskValue : fill.fillValue);
      } else sampleBilinear(from, to, linear, fill);
      return true;
    },
  };
}

/** Each pixel is the nearest of the picture. */
function sampleNearest(from: Raster, to: Raster, m: Linear, fill: Fill, constant: number): void {
  const { width, height, channels, data } = from, out = to.data;
  const middleX = (width - 1) / 2, middleY = (height - 1) / 2;
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at += channels) {
      const dx = x - middleX, dy = y - middleY;
      const column = foldPlace(
        Math.floor(m.xx * dx + m.xy * dy + middleX + 0.5),
        width,
        fill.fillMode,
      );
      const row = foldPlace(
        Math.floor(m.yx * dx + m.yy * dy + middleY + 0.5),
        height,
        fill.fillMode,
      );
      const source = (row * width + column) * channels;
      for (let c = 0; c < channels; c++) {
        out[at + c] = row < 0 || column < 0 ? constant : data[source + c];
      }
    }
  }
}

/** Each pixel is a mean of the four around its place. */
function sampleBilinear(from: Raster, to: Raster, m: Linear, fill: Fill): void {
  const { width, height, channels, data } = from, out = to.data;
  const { fillMode, fillValue } = fill;
  const middleX = (width - 1) / 2, middleY = (height - 1) / 2;
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at += channels) {
      const dx = x - middleX, dy = y - middleY;
      const u = m.xx * dx + m.xy * dy + middleX, v = m.yx * dx + m.yy * dy + middleY;
      const left = Math.floor(u), top = Math.floor(v), right = u - left, down = v - top;
      const inside = left >= 0 && top >= 0 && left + 1 < width && top + 1 < height;
      const x0 = inside ? left : foldPlace(left, width, fillMode);
      const x1 = inside ? left + 1 : foldPlace(left + 1, width, fillMode);
      const y0 = inside ? top : foldPlace(top, height, fillMode);
      const y1 = inside ? top + 1 : foldPlace(top + 1, height, fillMode);
      const a = (y0 * width + x0) * channels, b = (y0 * width + x1) * channels;
      const c = (y1 * width + x0) * channels, d = (y1 * width + x1) * channels;
      for (let i = 0; i < channels; i++) {
        const upperLeft = x0 < 0 || y0 < 0 ? fillValue : data[a + i];
        const upperRight = x1 < 0 || y0 < 0 ? fillValue : data[b + i];
        const lowerLeft = x0 < 0 || y1 < 0 ? fillValue : data[c + i];
        const lowerRight = x1 < 0 || y1 < 0 ? fillValue : data[d + i];
        const upper = upperLeft + right * (upperRight - upperLeft);
        const lower = lowerLeft + right * (lowerRight - lowerLeft);
        out[at + i] = upper + down * (lower - upper);
      }
    }
  }
}
