/**
 * From channels to pixels, as libjpeg does it. Where a channel has coarser samples than others, those
 * between are made of three parts of the nearer and one of the farther, and what is half a step is
 * rounded down and up in turn ("fancy upsampling").
 */
import type { Samples } from "./jpeg_blocks.ts";

/** A channel's samples within the picture, and how many pixels each covers across and down. */
export interface Plane extends Samples {
  readonly width: number;
  readonly height: number;
  readonly across: number;
  readonly down: number;
}

/** Whether a plane's samples are coarse in a way that is smoothed; two say nothing of what lies between. */
function isSmoothed({ across, down, width }: Plane): boolean {
  return across === 2 ? width > 2 && (down === 1 || down === 2) : across === 1 && down === 2;
}

/** A channel at the picture's size. */
function enlarged(plane: Plane, width: number, height: number): Uint8Array {
  const { across, down, data, stride, width: columns, height: rows } = plane;
  const to = new Uint8Array(width * height), smooth = isSmoothed(plane);
  const wide = smooth && across === 2, high = smooth && down === 2;
  // A row of samples, four times its values where rows are mixed.
  const line = new Int32Array(columns);
  for (let y = 0, at = 0; y < height; y++) {
    const row = Math.floor(y / down), odd = y % down;
    const other = Math.min(Math.max(odd ? row + 1 : row - 1, 0), rows - 1);
    for (let x = 0; x < columns; x++) {
      const near = data[row * stride + x];
      line[x] = high ? 3 * near + data[other * stride + x] : near;
    }
    for (let x = 0; x < width; x++, at++) {
      const column = Math.floor(x / across), value = line[column], right = x & 1;
      if (!wide) {
        to[at] = high ? value + 1 + odd >> 2 : value;
        continue;
      }
      const beside = line[Math.min(Math.max(right ? column + 1 : column - 1, 0), columns - 1)];
      to[at] = high ? 3 * value + beside + 8 - right >> 4 : 3 * value + beside + 1 + right >> 2;
    }
  }
  return to;
}

/** What a file's channels are. */
export type JpegColours = "gray" | "rgb" | "ycc" | "cmyk" | "ycck";

const fixed = (value: number) => Math.floor(value * 65536 + 0.5);
const RED = fixed(1.402), BLUE = fixed(1.772), GREEN_BLUE = fixed(0.34414);
const GREEN_RED = fixed(0.71414), HALF = 32768;

/**
 * Pixels of one gray channel, or of red, green and blue: of luminance and differences of colour by ITU-T
 * T.871, of printing inks as light goes through them.
 *
 * @param inverted Whether inks are stored as what they leave of the paper, as Adobe has it.
 */
export function pixelsOf(
  planes: readonly Plane[],
  width: number,
  height: number,
  colours: JpegColours,
  inverted: boolean,
): Uint8Array {
  const [first, second, third, black] = planes.map((plane) => enlarged(plane, width, height));
  if (colours === "gray") return first;
  const data = new Uint8ClampedArray(3 * width * height), printed = black !== undefined;
  for (let i = 0, at = 0; i < first.length; i++, at += 3) {
    if (colours === "rgb" || colours === "cmyk") {
      data[at] = first[i], data[at + 1] = second[i], data[at + 2] = third[i];
    } else {
      const y = first[i], blue = second[i] - 128, red = third[i] - 128;
      data[at] = y + (RED * red + HALF >> 16);
      data[at + 1] = y + (HALF - GREEN_BLUE * blue - GREEN_RED * red >> 16);
      data[at + 2] = y + (BLUE * blue + HALF >> 16);
    }
    if (!printed) continue;
    const light = inverted ? black[i] : 255 - black[i];
    for (let c = 0; c < 3; c++) {
      // Luminance and differences give what inks leave, and the inks are the rest.
      const ink = colours === "ycck" ? 255 - data[at + c] : data[at + c];
      data[at + c] = (inverted ? ink : 255 - ink) * light / 255;
    }
  }
  return new Uint8Array(data.buffer);
}
