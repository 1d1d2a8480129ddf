import { join } from "node:path";
import { fileProblem, writeFileAtomic } from "../core/file.ts";
import { DeconvError, encodeModel } from "../mod.ts";
import { KEEP, keepState, type Position, prune, syncFolder } from "./checkpoints.ts";
import type { Start } from "./run.ts";
import { MODEL_FILE } from "./run_folder.ts";

/** Saves a run. */
export interface Saver {
  /** Where the run stood when it was saved last, by this program or the one before. */
  readonly saved: Position | undefined;
  /** Saves it where it stands: whole, or everything is as it was before. */
  save(): Promise<void>;
  /** Takes earlier states away once the run is complete, unless some were asked for. */
  finish(): void;
}

/**
 * Saves a run as its model, with a discriminator's file beside it where there is one. Until the new
 * file is whole and on the disk, the old one stays; and states before it stay under other names.
 *
 * @param keep How many states are kept; default 2, and one when the run is complete.
 */
export function saver(start: Start, folder: string, keep?: number): Saver {
  const { model, discriminator, run } = start;
  const metadata = {
    run: JSON.stringify(run),
    seed: `${run.seed}`,
    ...(run.data === undefined ? {} : { data: run.data }),
  };
  let saved = start.saved, written = false;

  const expectFinite = ({ epoch, batch }: Position) => {
    const broken = [model, discriminator].flatMap((net) => net?.parameters ?? [])
      .find(({ value }) => !value.view.every(Number.isFinite));
    if (!broken) return;
    const when = batch ? `batch ${batch} of epoch ${epoch + 1}` : `epoch ${epoch}`;
    throw new DeconvError(
      `Training stopped: the weights ${broken.name} are not finite after ${when}; try a smaller --learning-rate`,
    );
  };
  const write = async (at: Position) => {
    expectFinite(at);
    if (saved && (keep ?? KEEP) > 1) await keepState(folder, saved);
    const path = join(folder, MODEL_FILE);
    if (!discriminator) await model.save(path, metadata);
    else {
      // The generator's file names its adversary's, so a run that dies between the two goes on from before.
      const name = `discriminator-${at.epoch}-${at.batch}.safetensors`;
      await writeFileAtomic(join(folder, name), encodeModel(discriminator));
      syncFolder(folder);
      await model.save(path, { ...metadata, discriminator: name });
    }
    syncFolder(folder);
    saved = at;
    prune(folder, at, (keep ?? KEEP) - 1);
  };
  return {
    get saved() {
      return saved;
    },
    async save() {
      const { epoch, batch } = model.progress;
      if (written && saved?.epoch === epoch && saved.batch === batch) return;
      try {
        await write({ epoch, batch });
      } catch (error) {
        if (error instanceof DeconvError) throw error;
        throw new DeconvError(`Cannot save the run in "${folder}": ${fileProblem(error)}`);
      }
      written = true;
    },
    finish() {
      if (keep === undefined) prune(folder, model.progress, 0);
    },
  };
}
