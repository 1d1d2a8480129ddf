/** Files of pictures inside of graphs. */
import { zerosOf } from "../../formats/onnx/array.ts";
import { decodePicture } from "../../formats/picture.ts";
import type { Converter } from "./site.ts";

/** PNG, JPEG, BMP and PNM as bytes to [height, width, channels]; alpha is left out. */
const decode: Converter = (site) => {
  const { data: pixels, width, height, channels, max } = decodePicture(
    Uint8Array.from(site.array(0).data),
    `the picture of node "${site.node.name || site.node.outputs[0]}"`,
  );
  const format = site.text("pixel_format", "RGB"), gray = format === "Grayscale";
  const order = { RGB: [0, 1, 2], BGR: [2, 1, 0], Grayscale: [0, 1, 2] }[format];
  if (!order) throw site.fail(`there is no pixel format "${format}"`);
  const to = zerosOf("uint8", [height, width, gray ? 1 : 3]), colour = channels > 2;
  for (let i = 0; i < width * height; i++) {
    const at = (c: number) => {
      const value = pixels[i * channels + (colour ? c : 0)];
      return max === 255 ? value : Math.round(value * 255 / max);
    };
    // ITU-R BT.601 in 65536ths.
    if (gray) to.data[i] = 19595 * at(0) + 38470 * at(1) + 7471 * at(2) + 32768 >> 16;
    else order.forEach((c, k) => to.data[3 * i + k] = at(c));
  }
  return [to];
};

/** Operators on files. */
export const DECODING_OPERATORS: Record<string, Converter> = { ImageDecoder: decode };
