import { join } from "node:path";
import { InvalidArgumentError } from "commander";
import { writeFileAtomic } from "../core/file.ts";
import { DISCRIMINATOR, MODEL_FILE } from "./run_folder.ts";

/** When a run saves besides after each epoch: after so many batches or seconds, or never. */
export type Every = { batches: number } | { seconds: number } | "epoch";

/** How often a run saves within an epoch where nothing is said. */
export const EVERY = { seconds: 60 } as const;

/** How many states of a run are kept while it goes on, where nothing is said. */
export const KEEP = 2;

/** Reads `500`, `30s` or `epoch`. */
export function every(text: string): Every {
  const [, digits, unit] = /^(\d{1,9})(s?)$/.exec(text) ?? [];
  if (text === "epoch") return text;
  if (Number(digits) >= 1) return unit ? { seconds: Number(digits) } : { batches: Number(digits) };
  throw new InvalidArgumentError("Give batches such as 500, seconds such as 30s, or epoch.");
}

/** Tells when it is time to save within an epoch. */
export class Clock {
  #batches = 0;
  #saved = performance.now();

  /** @param every How often. */
  constructor(readonly every: Every) {}

  /** Counts a batch; whether the run should be saved after it. */
  due(): boolean {
    this.#batches++;
    if (this.every === "epoch") return false;
    if ("batches" in this.every) return this.#batches >= this.every.batches;
    return performance.now() - this.#saved >= 1000 * this.every.seconds;
  }

  /** Starts to count anew, after the run was saved. */
  reset(): void {
    this.#batches = 0;
    this.#saved = performance.now();
  }
}

/** How far a run is. */
export interface Position {
  /** Epochs completed. */
  readonly epoch: number;
  /** Batches done of the next. */
  readonly batch: number;
}

const CHECKPOINT = /^checkpoint-(\d{1,9})-(\d{1,9})\.safetensors$/;

const checkpointName = ({ epoch, batch }: Position) => `checkpoint-${epoch}-${batch}.safetensors`;

/** The positions of the earlier states in a run's folder, the latest first. */
function checkpointsIn(folder: string): Position[] {
  return [...Deno.readDirSync(folder)]
    .flatMap(({ name }) => {
      const [, epoch, batch] = CHECKPOINT.exec(name) ?? [];
      return batch === undefined ? [] : [{ epoch: Number(epoch), batch: Number(batch) }];
    })
    .sort((a, b) => b.epoch - a.epoch || b.batch - a.batch);
}

/** Files that a run can go on from, the latest first: the model, then the states before it. */
export function statesIn(folder: string): string[] {
  return [MODEL_FILE, ...checkpointsIn(folder).map(checkpointName)].map((name) =>
    join(folder, name)
  );
}

/**
 * Keeps the model as it is saved now beside the one that will take its place: another name for the
 * same file, or a copy where the file system knows no such thing.
 */
export async function keepState(folder: string, at: Position): Promise<void> {
  const from = join(folder, MODEL_FILE), to = join(folder, checkpointName(at));
  try {
    Deno.linkSync(from, to);
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) return;
    await writeFileAtomic(to, Deno.readFileSync(from));
  }
}

/** Removes the states before this one but for the last so many, what stands after it, and their adversaries. */
export function prune(folder: string, at: Position, earlier: number): void {
  const before = ({ epoch, batch }: Position) =>
    epoch < at.epoch || epoch === at.epoch && batch < at.batch;
  const all = checkpointsIn(folder);
  const kept = all.filter(before).slice(0, earlier);
  for (const other of all) {
    if (!kept.includes(other)) Deno.removeSync(join(folder, checkpointName(other)));
  }
  const places = new Set([at, ...kept].map(({ epoch, batch }) => `${epoch}-${batch}`));
  for (const { name } of Deno.readDirSync(folder)) {
    const [, place] = DISCRIMINATOR.exec(name) ?? [];
    if (place !== undefined && !places.has(place)) Deno.removeSync(join(folder, name));
  }
}

/** Removes what a run that was killed had begun to write. */
export function removeDrafts(folder: string): void {
  for (const { name } of Deno.readDirSync(folder)) {
    if (/\.[0-9a-f]{8}\.tmp$/.test(name)) Deno.removeSync(join(folder, name));
  }
}

/** Makes sure that the names in a folder are on the disk, not only what the files hold. */
export function syncFolder(folder: string): void {
  try {
    using opened = Deno.openSync(folder);
    opened.syncSync();
  } catch {
    // Windows cannot, and does not need it.
  }
}
