import { DeconvError } from "../../errors.ts";
import type { Draw } from "./draw.ts";
import { copyRaster, type Raster } from "./raster.ts";
import {
  checkNumber,
  checkOptions,
  type PictureTransformation,
  reach,
  type TransformationOptions,
} from "./transformation.ts";

/** Options of {@linkcode randomErasing}. */
export interface ErasingOptions extends TransformationOptions {
  /** What part of the picture is covered, from where to where. Default `[0.02, 0.4]`. */
  readonly area?: readonly [low: number, high: number];
  /** Height by width of the rectangle, from where to where. Default `[0.3, 1 / 0.3]`. */
  readonly aspectRatio?: readonly [low: number, high: number];
  /** What covers it: a value, or `"noise"`, a random value of 0..1 for each. Default `"noise"`. */
  readonly value?: number | "noise";
}

/** How many rectangles are tried; where none fits, the picture stays. */
const TRIES = 10;

/**
 * Covers a random rectangle of a picture, so that a network does not rely on one part of it. Masks
 * stay as they are. After Zhong et al.: "Random Erasing Data Augmentation" (2017), with its defaults.
 *
 * @param options `area` (default `[0.02, 0.4]` of the picture), `aspectRatio` (default 0.3 to its
 * inverse), `value` (default `"noise"`) and `probability` (default 0.5, as in the paper).
 * @throws {DeconvError} When an option is unknown or not such a value.
 *
 * @example
 * ```ts
 * import { augment, randomErasing, shapes } from "@deconv/deconv";
 * const dataset = augment(shapes({ size: 100 }), [randomErasing({ value: 0.5 })]);
 * console.log(dataset.size); // 100
 * ```
 */
export function randomErasing(options: ErasingOptions = {}): PictureTransformation {
  const { area = [0.02, 0.4], aspectRatio = [0.3, 1 / 0.3], ...others } = options;
  const { value = "noise", probability = 0.5, ...rest } = others;
  checkOptions("erase", probability, rest);
  expectPair("area", area);
  expectPair("aspectRatio", aspectRatio);
  reach("erase", "area", area, 0, 0, 1);
  reach("erase", "aspectRatio", aspectRatio, 1, 0.01);
  if (value !== "noise") checkNumber("erase", "value", value);
  return {
    config: { kind: "erase", area, aspectRatio, value, probability },
    probability,
    changes: "values",
    shape: (shape) => shape,
    apply(from, to, draw) {
      const box = chooseBox(from, draw, area, aspectRatio);
      if (!box) return false;
      copyRaster(from, to);
      cover(to, box, value, draw);
      return true;
    },
  };
}

interface Box {
  readonly top: number;
  readonly left: number;
  readonly height: number;
  readonly width: number;
}

/** The first rectangle drawn that lies within the picture and covers something. */
function chooseBox(
  { height, width }: Raster,
  draw: Draw,
  area: readonly [number, number],
  ratio: readonly [number, number],
): Box | undefined {
  for (let first = 1; first <= 4 * TRIES; first += 4) {
    const size = draw.between(area[0], area[1], first) * height * width;
    const aspect = draw.between(ratio[0], ratio[1], first + 1);
    const tall = Math.round(Math.sqrt(size * aspect)), wide = Math.round(Math.sqrt(size / aspect));
    if (tall > height || wide > width || !tall || !wide) continue;
    const top = draw.integer(height - tall + 1, first + 2);
    const left = draw.integer(width - wide + 1, first + 3);
    return { top, left, height: tall, width: wide };
  }
}

/** Fills a rectangle. */
function cover({ data, width, channels }: Raster, box: Box, value: number | "noise", draw: Draw) {
  const line = box.width * channels;
  for (let y = 0; y < box.height; y++) {
    const at = ((box.top + y) * width + box.left) * channels;
    if (value === "noise") draw.fillUniform(data.subarray(at, at + line), y * line);
    else data.fill(value, at, at + line);
  }
}

function expectPair(option: string, value: unknown): void {
  if (Array.isArray(value)) return;
  throw new DeconvError(`erase takes a pair [low, high] as its ${option}`);
}
