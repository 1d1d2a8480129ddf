import { DeconvError } from "../../core/errors.ts";
import {
  convFlops,
  type ConvGeometry,
  convGeometry,
  convTransposeGeometry,
} from "../../core/geometry.ts";
import { sizeOf } from "../../core/tensor.ts";
import { type Random, random } from "../../core/random.ts";
import type { ConvOp } from "../passes.ts";

/** A geometry that nobody chose, and which way round it is run. */
export interface RandomGeometry {
  readonly op: ConvOp;
  readonly geometry: ConvGeometry;
}

/** Arithmetic that the batch aims at: about a millisecond, so that starting a pass does not count. */
const FLOPS = 60e6;
/** A picture may take so much by itself before it is halved. */
const MOST_FLOPS = 200e6;
/** Numbers in input and output together, at most. */
const MOST_NUMBERS = 8e6;
/** Pictures, at most. */
const MOST_PICTURES = 256;

/** Draws whole numbers, the same for the same seed. */
class Dice {
  readonly #source: Random;
  #index = 0;

  constructor(seed: number) {
    this.#source = random(seed, "cliffs");
  }

  /** A whole number from `least` to `most`. */
  between(least: number, most: number): number {
    return least + this.#source.integer(most - least + 1, 0, this.#index++);
  }

  /** True once in `n`. */
  once(n: number): boolean {
    return this.between(1, n) === 1;
  }

  /** One number for both axes two times in three, else one for each. */
  pair(draw: () => number): [number, number] {
    const first = draw();
    return this.once(3) ? [first, draw()] : [first, first];
  }

  /** 1 half of the time, else up to `most`. */
  mostlyOne(most: number): number {
    return this.once(2) ? 1 : this.between(1, most);
  }
}

/** Channels in and out and groups: one group four times in six, depthwise and a few groups once each. */
function channels(dice: Dice): { from: number; to: number; groups: number } {
  // Small numbers as often as large ones: half of the draws are from 1 to 16.
  const draw = (most: number) => dice.between(1, dice.once(2) ? Math.min(16, most) : most);
  switch (dice.between(1, 6)) {
    case 1: {
      const groups = draw(257);
      return { from: groups, to: groups, groups };
    }
    case 2: {
      const groups = dice.between(2, 8), most = Math.floor(257 / groups);
      return { from: groups * draw(most), to: groups * draw(most), groups };
    }
    default:
      return { from: draw(257), to: draw(257), groups: 1 };
  }
}

/** One geometry, with as many pictures as bring it near `FLOPS`. */
function randomGeometry(dice: Dice, op: ConvOp): RandomGeometry {
  const { from, to, groups } = channels(dice);
  const kernelSize = dice.pair(() => dice.between(1, 7));
  const strides = dice.pair(() => dice.mostlyOne(3));
  const dilationRate = dice.pair(() => dice.mostlyOne(3));
  const extent = kernelSize.map((k, i) => (k - 1) * dilationRate[i] + 1);
  const padding = dice.once(2)
    ? "same" as const
    : dice.pair(() => dice.between(0, Math.max(0, Math.min(...kernelSize) - 1)));
  let size = dice.pair(() => dice.between(1, dice.once(3) ? 9 : 65));
  const make = (batch: number) => {
    const options = { kernelSize, strides, dilationRate, groups, padding };
    if (op === "conv2d_transpose") {
      return convTransposeGeometry([size[0], size[1], from], to, options, batch);
    }
    // A picture smaller than the kernel is enlarged: the geometry would be refused.
    const fit = size.map((s, i) =>
      padding === "same" ? s : Math.max(s, extent[i] - 2 * padding[i])
    );
    return convGeometry([fit[0], fit[1], from], to, options, batch);
  };
  while (convFlops(make(1)) > MOST_FLOPS && Math.max(...size) > 1) {
    size = [Math.ceil(size[0] / 2), Math.ceil(size[1] / 2)];
  }
  const one = make(1);
  const pictures = Math.min(
    FLOPS / convFlops(one),
    MOST_NUMBERS / (sizeOf(one.input) + sizeOf(one.output)),
    MOST_PICTURES,
  );
  return { op, geometry: make(Math.max(1, Math.round(pictures))) };
}

/**
 * Geometries of both operations in turn: channels 1-257, sizes 1-65, kernels 1-7, strides and
 * dilations 1-3, groups; the same for the same seed. What the rules of geometry refuse is drawn again.
 */
export function randomGeometries(count: number, seed: number): RandomGeometry[] {
  const dice = new Dice(seed), found: RandomGeometry[] = [];
  while (found.length < count) {
    try {
      found.push(randomGeometry(dice, found.length % 2 ? "conv2d_transpose" : "conv2d"));
    } catch (error) {
      if (!(error instanceof DeconvError)) throw error;
    }
  }
  return found;
}
