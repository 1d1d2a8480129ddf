import { DeconvError } from "../errors.ts";
import { type Rgb, theme } from "./theme.ts";

/**
 * A map from numbers to colours.
 *
 * - `"gray"`: black to white, the article's look.
 * - `"viridis"`: dark blue over green to yellow; perceptually uniform, for values from 0 up.
 * - `"magma"`: black over purple and orange to cream; perceptually uniform, the default for
 *   activations and errors.
 * - `"blue-white-red"`: negative blue, zero near white, positive red; the default for weights.
 */
export type Colormap = "gray" | "viridis" | "magma" | "blue-white-red";

/*
 * viridis, magma: S. van der Walt, N. Smith, "A Better Default Colormap for Matplotlib" (2015), CC0;
 * every eighth of the 256 published colours (straight lines between them stay within 2/255).
 * blue-white-red: C. Brewer, ColorBrewer 2.0, the eleven colours of "RdBu", reversed so that red is
 * positive (https://colorbrewer2.org).
 */
const controlPoints: Readonly<Record<Colormap, string>> = {
  gray: "000000 ffffff",
  viridis: "440154 470d60 48186a 482374 472d7b 453781 424086 3e4989 3b528b 375b8d 33638d 2f6b8e " +
    "2c728e 297a8e 26828e 23898e 21918d 1f978b 1f9f88 21a685 27ad81 31b57b 3ebc74 4dc26c 5dc863 " +
    "6ece58 82d34d 95d840 aadc32 c0df25 d5e21a eae51a fde725",
  magma: "000004 030312 0a0822 130d34 1d1147 29115a 36106b 440f76 51127c 5d177f 691c81 762181 " +
    "822681 8f2a81 9c2e7f a9337d b6377a c33b75 cf4070 db476a e65164 ee5c5e f46a5c f9785d fb8861 " +
    "fd9668 fea571 feb47b fec287 fed194 fde0a1 fceeb0 fcfdbf",
  "blue-white-red": "053061 2166ac 4393c3 92c5de d1e5f0 f7f7f7 fddbc7 f4a582 d6604d b2182b 67001f",
};

/** The names of all colour maps. */
export const colormapNames: readonly Colormap[] = Object.keys(controlPoints) as Colormap[];

/** The number of steps in a drawn map: odd, so that zero has a step of its own in the middle. */
const steps = 511;

const tables = new Map<Colormap, Uint8ClampedArray>();

/** How numbers become colours. */
export interface ColorScale {
  /** The map. */
  readonly colormap: Colormap;
  /** The number shown in the map's first colour; what is lower gets it too. */
  readonly low: number;
  /** The number shown in the map's last colour; what is higher gets it too. */
  readonly high: number;
}

/**
 * The map's colours as RGB bytes, 511 of them from low to high.
 *
 * @throws {DeconvError} When there is no map of this name.
 */
export function colormapTable(colormap: Colormap): Uint8ClampedArray {
  const known = tables.get(colormap);
  if (known) return known;
  if (!Object.hasOwn(controlPoints, colormap)) {
    throw new DeconvError(
      `Unknown colormap "${colormap}": choose one of ${colormapNames.join(", ")}`,
    );
  }
  const points = controlPoints[colormap].split(" ").map((hex) => parseInt(hex, 16));
  const table = new Uint8ClampedArray(3 * steps);
  for (let i = 0; i < steps; i++) {
    const place = (i / (steps - 1)) * (points.length - 1);
    const from = Math.min(Math.floor(place), points.length - 2);
    for (let part = 0; part < 3; part++) {
      const a = (points[from] >> (16 - 8 * part)) & 255;
      const b = (points[from + 1] >> (16 - 8 * part)) & 255;
      table[3 * i + part] = Math.round(a + (b - a) * (place - from));
    }
  }
  tables.set(colormap, table);
  return table;
}

/** Whether a map has two arms that meet at zero. */
export function isDiverging(colormap: Colormap): boolean {
  return colormap === "blue-white-red";
}

/**
 * Where a number falls on a scale, 0..1. A scale without extent (`low === high`) puts everything at
 * its start, or in the middle of a diverging map, so an all-zero tensor looks like zero.
 */
function scalePosition(value: number, { colormap, low, high }: ColorScale): number {
  if (!(high > low)) return isDiverging(colormap) ? 0.5 : 0;
  return Math.min(1, Math.max(0, (value - low) / (high - low)));
}

/**
 * The colour of one number. NaN and infinities are magenta, a colour no map contains.
 *
 * @throws {DeconvError} When there is no map of this name.
 */
export function colorOf(value: number, scale: ColorScale): Rgb {
  const table = colormapTable(scale.colormap);
  if (!Number.isFinite(value)) return theme.notFinite;
  const at = 3 * Math.round(scalePosition(value, scale) * (steps - 1));
  return [table[at], table[at + 1], table[at + 2]];
}
