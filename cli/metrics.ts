import { join } from "node:path";
import type { Logs } from "../mod.ts";
import { writeFileAtomic } from "../core/file.ts";

/** Name of the table of losses in a run's folder. */
const METRICS_FILE = "metrics.csv";

/** The rows of a run's table of losses: one an epoch. */
export class Metrics {
  readonly #rows: Logs[] = [];

  /** @param folder The run's folder. */
  constructor(readonly folder: string) {}

  /** Reads the table that a run left, up to and with an epoch counted from 1. */
  static read(folder: string, last = Infinity): Metrics {
    const metrics = new Metrics(folder);
    let text: string;
    try {
      text = Deno.readTextFileSync(join(folder, METRICS_FILE));
    } catch {
      return metrics; // none was written, or it is gone: the model does not need it
    }
    const [head, ...lines] = text.trim().split(/\r?\n/);
    const names = head.split(",");
    for (const line of lines) {
      const row = Object.fromEntries(line.split(",").map((v, i) => [names[i], Number(v)]));
      if (row.epoch <= last) metrics.#rows.push(row);
    }
    return metrics;
  }

  /** Adds an epoch's row and writes the table. */
  async add(row: Logs): Promise<void> {
    this.#rows.push(row);
    const names = Object.keys(row);
    const lines = this.#rows.map((r) => names.map((name) => r[name] ?? "").join(","));
    await writeFileAtomic(
      join(this.folder, METRICS_FILE),
      [names.join(","), ...lines, ""].join("\n"),
    );
  }

  /** The values of a column by epoch; empty when there is no such column. */
  column(name: string): number[] {
    return this.#rows.filter((row) => Number.isFinite(row[name])).map((row) => row[name]);
  }
}
