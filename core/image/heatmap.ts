import { DeconvError } from "../errors.ts";
import { shapeText, sizeOf, type Tensor } from "../tensor.ts";
import { colorOf, type ColorScale } from "./colormap.ts";
import {
  formFor,
  type HeatmapForm,
  type HeatmapLook,
  type ScaledMap,
  scaledMaps,
} from "./heat_planes.ts";
import { blendPixel, createImage, type Image, upscale } from "./image.ts";
import { checkPictures, fitInBox, paintPicture } from "./pictures.ts";
import { paintPlane } from "./plane.ts";
import { peaksOf } from "./signals.ts";

/** Options of {@linkcode heatmap}. */
export interface HeatmapOptions extends HeatmapLook {
  /**
   * What the maps explain. Pictures `[n, h, w, 1 or 3]`, values 0 to 1, are shown in gray under them; signals
   * `[n, length, c]` make them strips.
   */
  readonly input?: Tensor;
  /** Pixels that a map should fill on its longer side, by a whole factor. Default: one for each place. */
  readonly side?: number;
}

/** A map as colours. */
export interface Heatmap {
  /** The picture. */
  readonly image: Image;
  /** Which number has which colour. */
  readonly scale: ColorScale;
  /** The smallest number. */
  readonly low: number;
  /** The largest number. */
  readonly high: number;
}

/** How much of the colour is the map's where nothing is said. */
export const ALPHA = 0.7;

/** Pixels of a strip down. */
const STRIP = 24;

/** A picture in gray, by the brightness of its pixels (Rec. 601). */
function grayOf(picture: Image): Image {
  const gray = createImage(picture.width, picture.height);
  for (let i = 0; i < picture.data.length; i += 4) {
    const [r, g, b] = picture.data.subarray(i, i + 3);
    gray.data.fill(Math.round(0.299 * r + 0.587 * g + 0.114 * b), i, i + 3);
  }
  return gray;
}

/** Paints a map over a picture in gray; a coarser one as cells. */
function paintOver({ plane, scale }: ScaledMap, picture: Image, alpha: number): Image {
  const image = grayOf(picture), { width, height } = image;
  for (let y = 0; y < height; y++) {
    const row = Math.floor(y * plane.height / height) * plane.rowStride;
    for (let x = 0; x < width; x++) {
      const at = row + Math.floor(x * plane.width / width);
      blendPixel(image, { x, y }, colorOf(plane.data[at], scale), alpha);
    }
  }
  return image;
}

/** Paints the numbers of a vector as cells in rows; what is left of the last row stays empty. */
function paintCells({ plane, scale }: ScaledMap): Image {
  const image = createImage(plane.width, plane.height);
  plane.data.forEach((value, i) => image.data.set(colorOf(value, scale), 4 * i));
  return image;
}

/** Paints one of some maps, of `side` pixels or one for each place. */
export function paintMap(
  map: ScaledMap,
  index: number,
  { form, input, alpha = ALPHA, side }: {
    form: HeatmapForm;
    input?: Tensor;
    alpha?: number;
    side?: number;
  },
): Image {
  const fit = (image: Image) => side === undefined ? image : fitInBox(image, side);
  switch (form) {
    case "vector":
      return fit(paintCells(map));
    case "signal": {
      const { plane, scale } = map, strip = paintPlane(peaksOf(plane, side ?? plane.width), scale);
      return upscale(strip, Math.max(1, Math.floor((side ?? 0) / strip.width)), STRIP);
    }
    case "picture":
      return fit(
        input
          ? paintOver(map, paintPicture(input, index), alpha)
          : paintPlane(map.plane, map.scale),
      );
  }
}

/**
 * Checks that maps and what they explain belong together.
 *
 * @throws {DeconvError} When they do not.
 */
export function checkOver(map: Tensor, input: Tensor, form: HeatmapForm): void {
  if (map.shape[0] !== input.shape[0] || sizeOf(input.shape) === 0) {
    throw new DeconvError(
      `Heat maps of shape ${shapeText(map.shape)} are not of inputs of shape ${
        shapeText(input.shape)
      }: give one for each`,
    );
  }
  if (form === "picture") checkPictures(input, "what is under heat maps");
}

/**
 * Draws what an explanation says of every place: diverging colours around zero where the numbers have
 * signs, colours that are perceptually uniform where they have none; over the picture in gray, or alone.
 * A map coarser than the picture shows as cells, numbers without a place (a latent's) as cells in rows of
 * 8, or of 16 where they are more than 64, a signal as a strip.
 *
 * @param map A number for each number of the inputs `[n, h, w, c]`, `[n, length, c]`, `[n, d]`, or for each
 * place `[n, h, w]`, `[n, length]`, also of a coarser plane.
 * @returns A picture of each map, with its scale.
 * @throws {DeconvError} When a shape or an option is wrong.
 *
 * @example
 * ```ts
 * import { encodePng, heatmap, preset, saliency, tensor } from "@deconv/deconv";
 * const net = preset("classifier").build({ seed: 0 });
 * const x = tensor(new Float32Array(32 * 32 * 3).fill(0.5), [1, 32, 32, 3]);
 * const [{ image, high }] = heatmap(saliency(net, x), { input: x, reduce: "max", side: 256 });
 * console.log(image.width, high > 0, encodePng(image).length > 0); // 256 true true
 * ```
 */
export function heatmap(map: Tensor, options: HeatmapOptions = {}): Heatmap[] {
  const { input } = options, form = formFor(map, input);
  if (input) checkOver(map, input, form);
  return scaledMaps(map, form, options).map((scaled, i) => {
    const { scale, low, high } = scaled;
    return { image: paintMap(scaled, i, { ...options, form }), scale, low, high };
  });
}
