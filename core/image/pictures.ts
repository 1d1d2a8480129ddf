import { DeconvError } from "../errors.ts";
import { shapeText, sizeOf, type Tensor } from "../tensor.ts";
import { type Image, shrinkToFit, upscale } from "./image.ts";
import { paintColor, paintPlane, type Plane } from "./plane.ts";

/** Channel `channel` of picture `picture` of an NHWC tensor. */
export function channelPlane(tensor: Tensor, picture: number, channel: number): Plane {
  const [, height, width, channels] = tensor.shape;
  return {
    data: tensor.data,
    width,
    height,
    offset: picture * height * width * channels + channel,
    rowStride: width * channels,
    columnStride: channels,
  };
}

/**
 * Checks that a tensor holds pictures: `[n, h, w, 1]` (grey) or `[n, h, w, 3]` (RGB), none empty.
 *
 * @throws {DeconvError} When it does not; `what` names it in the message.
 */
export function checkPictures(tensor: Tensor, what: string): void {
  const { shape } = tensor;
  const channels = shape[3];
  if (shape.length !== 4 || sizeOf(shape) === 0 || (channels !== 1 && channels !== 3)) {
    throw new DeconvError(
      `Cannot draw ${what} of shape ${shapeText(shape)} as pictures: ` +
        "[n,h,w,1] or [n,h,w,3], none empty, is needed",
    );
  }
}

/** Paints picture `index` of an NHWC tensor with 1 or 3 channels; 0 is black, 1 white, one pixel each. */
export function paintPicture(tensor: Tensor, index: number): Image {
  if (tensor.shape[3] === 1) {
    return paintPlane(channelPlane(tensor, index, 0), { colormap: "gray", low: 0, high: 1 });
  }
  const plane = (channel: number) => channelPlane(tensor, index, channel);
  return paintColor([plane(0), plane(1), plane(2)], { low: 0, high: 1 });
}

/** Enlarges by a whole factor, or shrinks, so that a picture fills a square box as far as it can. */
export function fitInBox(image: Image, side: number): Image {
  const factor = Math.floor(side / Math.max(image.width, image.height));
  return factor >= 1 ? upscale(image, factor) : shrinkToFit(image, { width: side, height: side });
}
