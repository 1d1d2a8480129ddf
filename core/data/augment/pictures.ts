/** A dataset whose pictures, and masks, go through transformations of single pictures. */
import { DeconvError } from "../../errors.ts";
import { sameShape, type Shape, shapeText, sizeOf } from "../../tensor.ts";
import { checkRead, type Dataset } from "../dataset.ts";
import type { Draw } from "./draw.ts";
import { type Raster, raster, rasterSize } from "./raster.ts";
import { staging } from "./staging.ts";
import type { PictureTransformation } from "./transformation.ts";

/** A transformation and where its randomness comes from. */
export interface Step {
  /** What is done. */
  readonly transformation: PictureTransformation;
  /** Its random numbers. */
  readonly draw: Draw;
}

/**
 * The dataset after some steps.
 *
 * @throws {DeconvError} When a step cannot be applied to such pictures or targets.
 */
export function transformed(dataset: Dataset, steps: readonly Step[]): Dataset {
  const moving = steps.filter(({ transformation }) => transformation.changes === "place");
  const masked = moving.length > 0 && hasMask(dataset, moving);
  const through = chain(dataset.shape, steps);
  const maskThrough = masked ? chain(dataset.targetShape!, moving, true) : undefined;
  const result: Dataset = {
    ...dataset,
    shape: through.shape,
    ...(maskThrough && { targetShape: maskThrough.shape }),
    read(indices, x, targets, pass = 0) {
      checkRead(result, indices, x, targets);
      const pictures = through.stage(indices, x);
      const masks = targets && maskThrough?.stage(indices, targets);
      const finish = () => {
        pictures.run(pass);
        masks?.run(pass);
      };
      const waiting = dataset.read(indices, pictures.input, masks?.input ?? targets, pass);
      return waiting ? waiting.then(finish) : finish();
    },
  };
  return result;
}

/** Whether the targets are masks, which must move with the pictures. */
function hasMask({ name, shape, targetShape }: Dataset, moving: readonly Step[]): boolean {
  const rank = targetShape?.length ?? 0;
  if (rank < 2) return false;
  if (rank <= 3 && targetShape![0] === shape[0] && targetShape![1] === shape[1]) return true;
  throw new DeconvError(
    `Cannot apply ${moving[0].transformation.config.kind} to ${name}: its targets ${
      shapeText(targetShape!)
    } are no masks for pictures of shape ${shapeText(shape)}, of the same height and width`,
  );
}

/** Arrays that go through some steps. */
interface Chain {
  /** The shape of what comes out. */
  readonly shape: Shape;
  /** Says where to put what goes in; `run` then writes what comes out to `out`. */
  stage(
    indices: ArrayLike<number>,
    out: Float32Array,
  ): { readonly input: Float32Array; run(pass: number): void };
}

/** Leads pictures (or masks) of a shape through steps. */
function chain(shape: Shape, steps: readonly Step[], mask = false): Chain {
  const shapes: Shape[] = [shape];
  for (const { transformation } of steps) {
    shapes.push(shapeAfter(shapes[shapes.length - 1], transformation));
  }
  const last = shapes[steps.length], length = sizeOf(shape), lastLength = sizeOf(last);
  const most = Math.max(...shapes.map(sizeOf));
  const a = raster(new Float32Array(most), shape), b = raster(new Float32Array(most), shape);
  const inPlace = length === lastLength;
  const spare = staging();

  /** Takes one picture through the steps; returns where it is then. */
  const transform = (picture: Raster, pass: number, index: number): Raster => {
    let from = picture;
    for (let i = 0; i < steps.length; i++) {
      const { transformation, draw } = steps[i];
      if (!draw.at(pass, index).hits(transformation.probability)) continue;
      const to = from === a ? b : a;
      [to.height, to.width] = shapes[i + 1];
      if (transformation.apply(from, to, draw, mask)) from = to;
    }
    return from;
  };

  return {
    shape: last,
    stage(indices, out) {
      const input = inPlace ? out : spare.take(indices.length * length);
      const run = (pass: number) => {
        for (let i = 0; i < indices.length; i++) {
          const own = raster(input.subarray(i * length, (i + 1) * length), shape);
          const done = transform(own, pass, indices[i]);
          if (done === own && inPlace) continue;
          out.set(done.data.subarray(0, rasterSize(done)), i * lastLength);
        }
        if (!inPlace) spare.release(input);
      };
      return { input, run };
    },
  };
}

/** The shape of what a transformation makes of a shape. */
function shapeAfter(shape: Shape, transformation: PictureTransformation): Shape {
  const { config: { kind }, probability } = transformation;
  const after = transformation.shape(shape);
  if (probability === 1 || sameShape(shape, after)) return after;
  throw new DeconvError(
    `Cannot apply ${kind} with probability ${probability}: it makes pictures of shape ${
      shapeText(after)
    } of ${shapeText(shape)}, and all must have one shape`,
  );
}
