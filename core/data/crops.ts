import { DeconvError } from "../errors.ts";
import { random as randomStream } from "../random.ts";
import { type Shape, shapeText, sizeOf } from "../tensor.ts";
import { checkRead, type Dataset, targetSize } from "./dataset.ts";

/** How {@linkcode crops} cuts. */
export interface CropsOptions {
  /** Height and width of a piece, or one number for both; no larger than the pictures. */
  readonly size: number | readonly [number, number];
  /**
   * Whether pieces lie anywhere, elsewhere in every pass; otherwise they tile the picture, the last of
   * a row or column overlapping the one before where it must. Default false.
   */
  readonly random?: boolean;
  /** Decides where random pieces lie. Default 0. */
  readonly seed?: number;
}

/**
 * Pieces of the pictures of a dataset, as many of each as are needed to cover it. A target that is a
 * picture of the same height and width (a mask) is cut alike.
 *
 * @throws {DeconvError} When the data are no pictures, or smaller than a piece.
 *
 * @example
 * ```ts
 * import { crops, shapes } from "@deconv/deconv";
 * const pieces = crops(shapes({ size: 10 }), { size: 16 });
 * console.log(pieces.size, pieces.shape); // 40 [16, 16, 3]
 * ```
 */
export function crops(dataset: Dataset, options: CropsOptions): Dataset {
  const { random = false, seed = 0 } = options;
  const [height, width] = typeof options.size === "number"
    ? [options.size, options.size]
    : options.size;
  const [fullHeight, fullWidth, channels] = dataset.shape;
  const whole = (n: number, most: number) => Number.isInteger(n) && n >= 1 && n <= most;
  if (dataset.shape.length !== 3 || !whole(height, fullHeight) || !whole(width, fullWidth)) {
    throw new DeconvError(
      `Cannot cut pieces of ${height}x${width} from ${dataset.name}, whose pictures are ${
        shapeText(dataset.shape)
      }`,
    );
  }
  const { targetShape } = dataset;
  const masked = targetShape?.length === 3 && targetShape[0] === fullHeight &&
    targetShape[1] === fullWidth;
  const shape = [height, width, channels];
  const rows = Math.ceil(fullHeight / height), columns = Math.ceil(fullWidth / width);
  const stream = randomStream(seed, "crops");

  /** Top left corner of piece `index`. */
  const cornerOf = (index: number, pass: number): [number, number] => {
    const piece = index % (rows * columns);
    if (random) {
      const at = pass * result.size + index;
      return [
        stream.integer(fullHeight - height + 1, at, 0),
        stream.integer(fullWidth - width + 1, at, 2),
      ];
    }
    return [
      Math.min(Math.floor(piece / columns) * height, fullHeight - height),
      Math.min((piece % columns) * width, fullWidth - width),
    ];
  };

  const result: Dataset = {
    ...dataset,
    size: dataset.size * rows * columns,
    shape,
    targetShape: masked ? [height, width, targetShape[2]] : targetShape,
    read(indices, x, targets, pass = 0) {
      checkRead(result, indices, x, targets);
      const pictures = Array.from(indices, (index) => Math.floor(index / (rows * columns)));
      const wanted = [...new Set(pictures)];
      const one = sizeOf(dataset.shape), oneTarget = targetSize(dataset);
      const full = new Float32Array(wanted.length * one);
      const fullTargets = new Float32Array(wanted.length * oneTarget);
      const reading = dataset.read(wanted, full, fullTargets, pass);
      const cut = () => {
        for (let i = 0; i < indices.length; i++) {
          const from = wanted.indexOf(pictures[i]), corner = cornerOf(indices[i], pass);
          const picture = full.subarray(from * one, (from + 1) * one);
          cutPiece(picture, dataset.shape, corner, shape, x, i);
          if (!targets) continue;
          const target = fullTargets.subarray(from * oneTarget, (from + 1) * oneTarget);
          if (masked) cutPiece(target, targetShape, corner, result.targetShape!, targets, i);
          else targets.set(target, i * oneTarget);
        }
      };
      return reading ? reading.then(cut) : cut();
    },
  };
  return result;
}

/** Copies the piece of a picture at a corner to place `i` of `to`. */
function cutPiece(
  from: Float32Array,
  [, fullWidth]: Shape,
  [top, left]: readonly [number, number],
  [height, width, channels]: Shape,
  to: Float32Array,
  i: number,
): void {
  for (let row = 0; row < height; row++) {
    const start = ((top + row) * fullWidth + left) * channels;
    to.set(
      from.subarray(start, start + width * channels),
      (i * height + row) * width * channels,
    );
  }
}
