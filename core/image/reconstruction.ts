import { DeconvError } from "../errors.ts";
import { sameShape, shapeText, type Tensor } from "../tensor.ts";
import { type Colormap, colormapTable } from "./colormap.ts";
import { scalesFor } from "./fit.ts";
import { drawGrid, type Tile } from "./grid.ts";
import { type Image, shrinkToFit, upscale } from "./image.ts";
import { notFiniteText, numberText, rangeText, sentence, shownText } from "./numbers.ts";
import { checkPictures, paintPicture } from "./pictures.ts";
import { paintPlane, type Plane, rangeOf, scaleFor } from "./plane.ts";
import { bodyWidth, composeSheet } from "./sheet.ts";

/** Options of {@linkcode reconstructionSheet}. */
export interface ReconstructionSheetOptions {
  /** First line of the sheet; default `"Reconstruction"`. */
  readonly title?: string;
  /** The map for differences; default `"magma"`. */
  readonly colormap?: Colormap;
  /**
   * What should have come out, of the output's shape, where it is not the input itself: a clean picture,
   * a larger one, a mask. It gets a row of its own, and differences are taken from it; the input may
   * then have another size.
   */
  readonly target?: Tensor;
}

/** Pictures shown at most. */
const most = 16;

/**
 * Draws what a network made of pictures: a row of inputs, a row of outputs (a row of targets, where those
 * are not the inputs), and a row of absolute differences (the mean of the channels) on one scale from 0 to the largest of them, with the mean
 * squared error of each picture below. Pictures are clipped to 0..1; when there are more than 16, the
 * first are shown and the subtitle says so.
 *
 * @param input Pictures `[n, h, w, 1 or 3]` in 0..1.
 * @param output What came out, of the same shape.
 * @param options Title, colours, and what should have come out.
 * @throws {DeconvError} When the shapes differ or are not of pictures.
 *
 * @example
 * ```ts
 * import { encodePng, reconstructionSheet, tensor } from "@deconv/deconv";
 * const x = tensor(Float32Array.from({ length: 2 * 8 * 8 * 3 }, (_, i) => (i % 64) / 64), [2, 8, 8, 3]);
 * const y = tensor(x.data.map((value) => 0.9 * value), x.shape);
 * console.log(encodePng(reconstructionSheet(x, y)).length > 0); // true
 * ```
 */
export function reconstructionSheet(
  input: Tensor,
  output: Tensor,
  options: ReconstructionSheetOptions = {},
): Image {
  const { title = "Reconstruction", colormap = "magma", target = input } = options;
  colormapTable(colormap);
  const what = target === input ? "input" : "target";
  if (!sameShape(target.shape, output.shape)) {
    throw new DeconvError(
      `Cannot compare ${what} ${shapeText(target.shape)} with output ${shapeText(output.shape)}: ` +
        "the shapes must be the same",
    );
  }
  checkPictures(input, "the input");
  checkPictures(target, `the ${what}`);
  const [pictures, height, width] = target.shape;
  if (input.shape[0] !== pictures) {
    throw new DeconvError(
      `Cannot show ${input.shape[0]} inputs beside ${pictures} targets: give one for each`,
    );
  }
  const shown = Math.min(pictures, most);
  const differences = Array.from({ length: shown }, (_, n) => difference(target, output, n));
  const errors = Array.from({ length: pictures }, (_, n) => squaredError(target, output, n));
  const highest = Math.max(...differences.map(({ data }) => rangeOf(data).high));
  const scale = scaleFor({ low: 0, high: highest, notFinite: 0 }, colormap);

  const side = Math.floor((bodyWidth - 90) / shown) - 8;
  const box = Math.min(160, Math.max(64, side));
  const enlarge = (image: Image) => {
    const factor = scalesFor(image, { most: Math.min(160, side) })[0];
    return upscale(shrinkToFit(image, { width: box, height: box }), factor);
  };
  const row = (paint: (n: number) => Tile) => Array.from({ length: shown }, (_, n) => paint(n));
  const wanted = target === input
    ? []
    : [row((n) => ({ image: enlarge(paintPicture(target, n)) }))];
  const body = drawGrid([
    row((n) => ({ image: enlarge(paintPicture(input, n)) })),
    row((n) => ({ image: enlarge(paintPicture(output, n)) })),
    ...wanted,
    row((n) => ({
      image: enlarge(paintPlane(differences[n], scale)),
      caption: numberText(errors[n]),
    })),
  ], {
    gutter: 6,
    rowLabels: ["input", "output", ...wanted.map(() => "target"), "difference"],
    captionLabel: "MSE",
  });

  const ranges = [rangeOf(input.data), rangeOf(output.data)];
  const notFinite = ranges[0].notFinite + ranges[1].notFinite;
  const clipped = ranges.some(({ low, high }) => low < 0 || high > 1);
  const mean = errors.reduce((sum, error) => sum + error, 0) / pictures;
  return composeSheet(body, {
    title,
    subtitle: [
      sentence(
        shownText(shown, pictures, "picture"),
        `${width}×${height}`,
        `mean squared error ${numberText(mean)}`,
        notFiniteText({ notFinite }),
      ),
      sentence(
        `input ${rangeText(ranges[0])}`,
        `output ${rangeText(ranges[1])}`,
        clipped ? "pictures are clipped to 0 … 1" : "",
      ),
    ],
    legends: [{ label: "absolute difference, mean of the channels", scale }],
  });
}

/** Mean over channels of |output − input| of one picture. */
function difference(input: Tensor, output: Tensor, picture: number): Plane {
  const [, height, width, channels] = input.shape;
  const data = new Float32Array(height * width);
  const start = picture * height * width * channels;
  for (let i = 0; i < height * width * channels; i++) {
    const error = Math.abs(output.data[start + i] - input.data[start + i]);
    data[Math.floor(i / channels)] += error / channels;
  }
  return { data, width, height, offset: 0, rowStride: width, columnStride: 1 };
}

/** Mean of (output − input)² of one picture, summed in float64. */
function squaredError(input: Tensor, output: Tensor, picture: number): number {
  const size = input.data.length / input.shape[0];
  let sum = 0;
  for (let i = picture * size; i < (picture + 1) * size; i++) {
    sum += (output.data[i] - input.data[i]) ** 2;
  }
  return sum / size;
}
