import { DeconvError } from "./errors.ts";
import type { Graph } from "./graph.ts";
import type { PlanOptions } from "./plan.ts";
import type { Plans } from "./plans.ts";
import { sizeOf } from "./tensor.ts";
import { mebibytes } from "./wasm/arena.ts";
import { runtime } from "./wasm/runtime.ts";

/** A network that is about to be run in batches. */
export interface Need {
  /** The network's plans. */
  readonly plans: Plans;
  /** Those that are needed for a batch size. */
  wanted(batch: number): readonly PlanOptions[];
}

/** Floats a picture takes at most: every value, its gradient and as much again that layers save. */
const floatsOfPicture = ({ shapes }: Graph) =>
  3 * shapes.reduce((sum, shape) => sum + sizeOf(shape), 0);

/** Bytes of optimizers' states to come: at most three numbers for each that is learned. */
const bytesOfStates = ({ nodes }: Graph) =>
  12 * [...new Set(nodes.flatMap(({ layer }) => layer.trained))]
    .reduce((sum, { shape }) => sum + sizeOf(shape), 0);

/**
 * Shows that batches of this size fit into memory, before anything is computed with them.
 *
 * @throws {DeconvError} When they do not; it says what they take, what is there, and a size that fits.
 */
export function expectRoom(needs: readonly Need[], batch: number): void {
  const room = runtime().arena.longest;
  const roughly = ({ plans, wanted }: Need) =>
    4 * batch * floatsOfPicture(plans.graph) * wanted(batch).length;
  // Nobody waits for plans to be laid out where it is plain that they fit.
  if (needs.reduce((sum, need) => sum + roughly(need), 0) < room / 4) return;
  const bytes = (size: number) =>
    needs.reduce((sum, { plans, wanted }) => {
      const each = wanted(size).map((options) => plans.missing(options));
      return each.reduce((a, b) => a + b, sum + bytesOfStates(plans.graph));
    }, 0);
  const wanted = bytes(batch);
  if (wanted <= room) return;
  let fits = 0, not = batch;
  while (not - fits > 1) {
    const middle = Math.floor((fits + not) / 2);
    if (bytes(middle) <= room) fits = middle;
    else not = middle;
  }
  throw new DeconvError(
    `Not enough memory for a batch size of ${batch}: it takes ${mebibytes(wanted)} MiB, and ${
      mebibytes(room)
    } MiB of the ${
      mebibytes(runtime().memory.buffer.byteLength)
    } MiB that WebAssembly can address are left; ${
      fits ? `${fits} would fit` : "not even 1 fits: use a smaller network or pictures"
    }`,
  );
}
