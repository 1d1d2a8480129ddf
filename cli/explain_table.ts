/** The table that `explain` prints while it works. */
import type { Evidence } from "../mod.ts";

const NAME = 30, CELL = 11;

const cells = (texts: readonly string[]) => texts.map((text) => text.padStart(CELL)).join("");

/** The first line. */
export function explainHead(): string {
  return "method".padEnd(NAME) + cells(["deletion", "insertion", "weights", "seconds"]);
}

/** A method's line: means over the pictures, and what is wrong with it. */
export function explainRow(name: string, found: Evidence | null, seconds: number): string {
  const mean = (curves: Evidence["deletion"]) =>
    curves ? (curves.reduce((sum, { area }) => sum + area, 0) / curves.length).toPrecision(3) : "-";
  const numbers = found
    ? [
      mean(found.deletion),
      mean(found.insertion),
      found.randomization?.similarity.toFixed(2) ?? "-",
    ]
    : ["-", "-", "-"];
  const row = name.padEnd(NAME) + cells([...numbers, seconds.toFixed(1)]);
  return [row, ...found?.warnings.map((warning) => `  ${warning}`) ?? []].join("\n");
}
