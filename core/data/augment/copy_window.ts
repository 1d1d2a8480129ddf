import { type Fill, foldPlace } from "./fill.ts";
import type { Raster } from "./raster.ts";

/**
 * Looks at a picture through a window of the size of `to`, whose corner lies at row `top` and column
 * `left` of `from`, and may lie outside it.
 */
export function copyWindow(
  from: Raster,
  to: Raster,
  top: number,
  left: number,
  fill: Fill,
  mask: boolean,
): void {
  const { channels, width } = to;
  const constant = mask ? fill.maskValue : fill.fillValue;
  // Columns begin … end-1 of the window lie on the picture.
  const begin = Math.min(width, Math.max(0, -left));
  const end = Math.max(begin, Math.min(width, from.width - left));
  for (let y = 0; y < to.height; y++) {
    const row = foldPlace(y + top, from.height, fill.fillMode);
    const target = y * width * channels, source = row * from.width * channels;
    if (row < 0) {
      to.data.fill(constant, target, target + width * channels);
      continue;
    }
    const at = source + (begin + left) * channels;
    if (end > begin) {
      to.data.set(
        from.data.subarray(at, at + (end - begin) * channels),
        target + begin * channels,
      );
    }
    for (let x = 0; x < width; x++) {
      if (x === begin) x = end;
      if (x === width) break;
      const column = foldPlace(x + left, from.width, fill.fillMode);
      for (let c = 0; c < channels; c++) {
        to.data[target + x * channels + c] = column < 0
          ? constant
          : from.data[source + column * channels + c];
      }
    }
  }
}
