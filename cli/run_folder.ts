import { DeconvError, type Logs } from "../mod.ts";
import { fileProblem, writeFileAtomic } from "../core/file.ts";

/** Name of the model's file in a run's folder. */
export const MODEL_FILE = "model.safetensors";
/** Name of the table of losses in a run's folder. */
export const METRICS_FILE = "metrics.csv";

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

/** `out/PRESET-1`, or the next number that is free. */
export function nextRunFolder(preset: string): string {
  for (let number = 1;; number++) {
    const folder = `out/${preset}-${number}`;
    if (!exists(folder)) return folder;
  }
}

/**
 * Makes a run's folder and shows, before hours are spent, that it can be written.
 *
 * @throws {DeconvError} When it cannot, or when it already holds a model and this run is a new one.
 */
export function openRunFolder(folder: string, { resuming = false } = {}): void {
  if (!resuming && exists(`${folder}/${MODEL_FILE}`)) {
    throw new DeconvError(
      `"${folder}" already holds a model: give --out another folder, or go on with it by --resume ${folder}`,
    );
  }
  try {
    Deno.mkdirSync(folder, { recursive: true });
    const probe = Deno.makeTempFileSync({ dir: folder, suffix: ".tmp" });
    Deno.removeSync(probe);
  } catch (error) {
    throw new DeconvError(`Cannot write to the folder "${folder}": ${fileProblem(error)}`);
  }
}

/** The rows of a run's table of losses: one an epoch. */
export class Metrics {
  readonly #rows: Logs[] = [];

  /** @param folder The run's folder. */
  constructor(readonly folder: string) {}

  /** Reads the table that a run left, up to (without) an epoch counted from 0. */
  static read(folder: string, before = Infinity): Metrics {
    const metrics = new Metrics(folder);
    let text: string;
    try {
      text = Deno.readTextFileSync(`${folder}/${METRICS_FILE}`);
    } catch {
      return metrics; // none was written, or it is gone: the model does not need it
    }
    const [head, ...lines] = text.trim().split("\n");
    const names = head.split(",");
    for (const line of lines) {
      const row = Object.fromEntries(line.split(",").map((v, i) => [names[i], Number(v)]));
      if (row.epoch <= before) metrics.#rows.push(row);
    }
    return metrics;
  }

  /** Adds an epoch's row and writes the table. */
  async add(row: Logs): Promise<void> {
    this.#rows.push(row);
    const names = Object.keys(row);
    const lines = this.#rows.map((r) => names.map((name) => r[name] ?? "").join(","));
    await writeFileAtomic(
      `${this.folder}/${METRICS_FILE}`,
      [names.join(","), ...lines, ""].join("\n"),
    );
  }

  /** The values of a column by epoch; empty when there is no such column. */
  column(name: string): number[] {
    return this.#rows.filter((row) => name in row).map((row) => row[name]);
  }
}
