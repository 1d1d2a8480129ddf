/**
 * The embedded dataset: pictures of shapes and textures, drawn when they are asked for.
 *
 * Picture `index` is a pure function of (seed, split, index), the same bits on every machine, so the
 * dataset takes no space, needs no file or network, and has as many pictures as one likes.
 */
import { DeconvError } from "../errors.ts";
import { random } from "../random.ts";
import { checkRead, type Dataset } from "./dataset.ts";
import { fillDistances, type Placement, SHAPE_CLASSES } from "./shape_distances.ts";
import { type Colour, fillPicture, type Paint } from "./shape_painting.ts";

/** Which pictures {@linkcode shapes} draws. */
export interface ShapesOptions {
  /** The number of pictures. Default 10000. */
  readonly size?: number;
  /** The seed they are drawn from. Default 0. */
  readonly seed?: number;
  /** Which of two endless series, that have no picture in common. Default `"train"`. */
  readonly split?: "train" | "test";
  /** Whether the target is a mask `[32, 32, 1]`, 1 inside of the figure, instead of the class. Default false. */
  readonly masks?: boolean;
}

/** The height and width of a picture. */
const SIDE = 32;
const PIXELS = SIDE * SIDE;

/**
 * Opens the embedded dataset: 32x32 colour pictures in {@linkcode SHAPE_CLASSES} (six shapes, five
 * textures, soft blobs), varied in colour, place, size, rotation, lighting, sharpness, outline, shadow
 * and noise. Classes take turns: picture `i` has label `i % 12`, so shuffle to train.
 *
 * @throws {DeconvError} When `size` is not a whole number from 0, or `split` or `seed` is none.
 *
 * @example
 * ```ts
 * import { shapes } from "@deconv/deconv";
 * const dataset = shapes({ size: 1000, seed: 7 });
 * const x = new Float32Array(2 * 32 * 32 * 3), labels = new Float32Array(2);
 * dataset.read([0, 999], x, labels);
 * console.log(dataset.classNames![labels[1]]); // triangle
 * ```
 */
export function shapes(options: ShapesOptions = {}): Dataset {
  const { size = 10_000, seed = 0, split = "train", masks = false } = options;
  if (!(Number.isSafeInteger(size) && size >= 0)) {
    throw new DeconvError(`Cannot draw ${size} shapes: give a whole number of pictures`);
  }
  if (split !== "train" && split !== "test") {
    throw new DeconvError(
      `Unknown split ${JSON.stringify(split)} of shapes: use "train" or "test"`,
    );
  }
  const rng = random(seed, `shapes/${split}`);
  const distances = new Float32Array(PIXELS);
  const dataset: Dataset = {
    name: `shapes ${split}`,
    size,
    shape: [SIDE, SIDE, 3],
    ...masks ? { targetShape: [SIDE, SIDE, 1] } : { classNames: SHAPE_CLASSES },
    read(indices, x, targets) {
      checkRead(dataset, indices, x, targets);
      for (let i = 0; i < indices.length; i++) {
        let drawn = 0;
        const draw = () => rng.uniform(indices[i], drawn++);
        const label = indices[i] % SHAPE_CLASSES.length;
        const { placement, paint } = drawScene(label, draw);
        fillDistances(distances, SIDE, placement);
        fillPicture(x, i * PIXELS * 3, SIDE, distances, paint);
        if (!targets) continue;
        if (!masks) targets[i] = label;
        else {
          for (let p = 0; p < PIXELS; p++) targets[i * PIXELS + p] = distances[p] < 0 ? 1 : 0;
        }
      }
    },
  };
  return dataset;
}

/** A number of [0, 1), another at every call. */
type Draw = () => number;

function drawScene(label: number, draw: Draw): { placement: Placement; paint: Paint } {
  const name = SHAPE_CLASSES[label];
  const texture = /stripes|checkerboard|dots/.test(name), blob = name === "blob";
  const between = (lo: number, hi: number) => lo + (hi - lo) * draw();
  const chance = (p: number) => draw() < p;

  // Striped classes lean a little; everything else may turn any way.
  const turn = /stripes/.test(name) ? [1, between(-0.2, 0.2)] : [between(-1, 1), between(-1, 1)];
  const flip = name === "diagonal stripes" && chance(0.5) ? -1 : 1;
  const [cos, sin] = flip < 0 ? direction(turn[1], -turn[0]) : direction(turn[0], turn[1]);
  const pointed = name === "triangle" || name === "star"; // and so smaller than their radius
  const radius = texture
    ? between(2.2, 6.5)
    : blob
    ? between(8, 16)
    : between(6.5, 14) * (pointed ? 1.2 : 1);
  const room = Math.max(2, 15 - 0.8 * radius); // from the middle, so that most of it is seen
  const placement = {
    label,
    x: 16 + between(-room, room),
    y: 16 + between(-room, room),
    cos,
    sin,
    radius,
    form: draw(),
  };

  const [ground, figure, outline] = drawColours(draw, chance(0.1));
  const light = direction(between(-1, 1), between(-1, 1));
  const lit = !texture && chance(0.6);
  return {
    placement,
    paint: {
      ground: [ground, shift(ground, between(-0.35, 0.35), between(-0.12, 0.12))],
      figure: [figure, lit ? shift(figure, between(-0.35, 0.25), between(-0.15, 0.15)) : figure],
      outline,
      outlineWidth: !texture && !blob && radius > 8 && chance(0.3) ? between(1.2, 2.6) : 0,
      light,
      softness: blob ? radius * between(0.7, 1.3) : chance(0.2) ? between(1.8, 3.5) : 1,
      shadow: !texture && !blob && chance(0.5) ? between(0.2, 0.6) : 0,
      shadowAt: [Math.round(between(-3, 3)), Math.round(between(1, 3))],
      noise: 0.08 * draw() * draw(),
      noiseSeed: Math.floor(draw() * 2 ** 24) + 1,
    },
  };
}

/** Colours of a ground, a figure that stands out from it, and an outline that stands out from both. */
function drawColours(draw: Draw, grey: boolean): [Colour, Colour, Colour] {
  const hue = draw(), colourful = grey ? 0 : 1;
  const dark = draw() < 0.5;
  const ground = hsv(
    hue,
    colourful * (0.25 + 0.6 * draw()),
    dark ? 0.15 + 0.4 * draw() : 0.6 + 0.4 * draw(),
  );
  const far = hue + 0.17 + 0.66 * draw();
  const figure = hsv(
    far,
    colourful * (dark ? 0.2 + 0.7 * draw() : 0.55 + 0.45 * draw()),
    dark ? 0.75 + 0.25 * draw() : 0.15 + 0.6 * draw(),
  );
  const outline = hsv(hue + 0.1 * draw(), colourful * 0.4 * draw(), dark ? 0.12 : 0.97);
  const contrast = luma(figure) - luma(ground), missing = 0.22 - Math.abs(contrast);
  const away = contrast < 0 ? -missing : missing;
  return [ground, missing > 0 ? shift(figure, away, 0) : figure, outline];
}

/** How light a colour looks, 0..1. */
function luma([r, g, b]: Colour): number {
  return 0.299 * r + 0.587 * g + 0.114 * b;
}

/** Hue (in turns), saturation and value to red, green and blue. */
function hsv(hue: number, saturation: number, value: number): Colour {
  const channel = (n: number) => {
    const k = (n + 6 * hue) % 6;
    return value * (1 - saturation * Math.max(0, Math.min(k, 4 - k, 1)));
  };
  return [channel(5), channel(3), channel(1)];
}

/** A colour made lighter or darker, and warmer or cooler. */
function shift([r, g, b]: Colour, lighter: number, warmer: number): Colour {
  return [r + lighter + warmer, g + lighter, b + lighter - warmer];
}

/** The unit vector along (x, y). */
function direction(x: number, y: number): [number, number] {
  const length = Math.sqrt(x * x + y * y);
  return length > 1e-3 ? [x / length, y / length] : [1, 0];
}
