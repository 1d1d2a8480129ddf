import { dirname, join } from "node:path";
import { DeconvError } from "../mod.ts";
import { fileProblem } from "../core/file.ts";

/** Name of the model's file in a run's folder. */
export const MODEL_FILE = "model.safetensors";

/** Name of a discriminator's file, where a generator's file does not name another. */
export const DISCRIMINATOR_FILE = "discriminator.safetensors";

/** Names of discriminators' files: they carry the progress they belong to. */
export const DISCRIMINATOR = /^discriminator-(\d+-\d+)\.safetensors$/;

/** A folder that is about to be written into. */
export interface RunFolder {
  /** Its path. */
  readonly path: string;
  /** Takes away what was made for nothing: folders that are still empty and were not there before. */
  discard(): void;
}

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    if (error instanceof Deno.errors.NotADirectory) return false;
    throw new DeconvError(`Cannot look at "${path}": ${fileProblem(error)}`);
  }
}

/** Makes a folder with those above it, shows that it can be written, and remembers what it made. */
function makeFolder(path: string): RunFolder {
  const made: string[] = [];
  const discard = () => {
    for (const folder of made.toReversed()) {
      try {
        Deno.removeSync(folder); // refused when there is anything in it
      } catch {
        return;
      }
    }
  };
  // Folders above that may not be looked at are not ours to make.
  const isThere = (at: string) => {
    try {
      return exists(at);
    } catch (error) {
      if (at === path) throw error;
      return true;
    }
  };
  try {
    const missing: string[] = [];
    for (let at = path; !isThere(at) && dirname(at) !== at; at = dirname(at)) missing.unshift(at);
    for (const folder of missing) {
      Deno.mkdirSync(folder);
      made.push(folder);
    }
    const probe = join(path, `probe.${crypto.randomUUID().slice(0, 8)}.tmp`);
    Deno.writeTextFileSync(probe, "");
    Deno.removeSync(probe);
    return { path, discard };
  } catch (error) {
    discard();
    if (error instanceof DeconvError) throw error;
    throw new DeconvError(`Cannot write to the folder "${path}": ${fileProblem(error)}`);
  }
}

/**
 * Makes a run's folder and shows, before hours are spent, that it can be written.
 *
 * @param options `keepModel`: whether a model that is already there is an error.
 * @throws {DeconvError} When it cannot be written, or holds a model that must be kept.
 */
export function openRunFolder(given: string, { keepModel = false } = {}): RunFolder {
  if (given === "") throw new DeconvError("The name of the run's folder is empty: give it a name");
  const path = join(given);
  if (keepModel && exists(join(path, MODEL_FILE))) {
    throw new DeconvError(
      `"${path}" already holds a model: give --out another folder, or go on with it by --resume ${path}`,
    );
  }
  return makeFolder(path);
}

/** Makes `out/PRESET-1`, or the next number that is free, even if two runs begin at once. */
export function nextRunFolder(preset: string): RunFolder {
  const above = makeFolder("out");
  for (let number = 1;; number++) {
    const path = `out/${preset}-${number}`;
    try {
      Deno.mkdirSync(path);
    } catch (error) {
      if (error instanceof Deno.errors.AlreadyExists) continue;
      above.discard();
      throw new DeconvError(`Cannot write to the folder "${path}": ${fileProblem(error)}`);
    }
    const discard = () => {
      try {
        Deno.removeSync(path);
        above.discard();
      } catch {
        // There is something in it by now.
      }
    };
    return { path, discard };
  }
}
