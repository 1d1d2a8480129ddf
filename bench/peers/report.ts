import type { Result } from "../benchmark.ts";
import { figure } from "../table.ts";
import type { Match } from "./measure.ts";

/** Widths of the columns; with the spaces between them 80. */
const WIDTHS = [28, 10, 10, 8, 9, 10];

function line(cells: readonly string[]): string {
  return cells.map((cell, i) => i ? cell.padStart(WIDTHS[i]) : cell.padEnd(WIDTHS[i])).join(" ")
    .trimEnd();
}

function row(label: string, ours: Result, { ms, msMin, gflops, imagesPerSecond }: Result): string {
  return line([
    `  ${label}`,
    figure(ms),
    figure(msMin),
    figure(gflops),
    figure(imagesPerSecond),
    ms && ours.ms ? (ms / ours.ms).toFixed(2) : "",
  ]);
}

/** The matches as a table of 80 columns; the last column is a peer's time over ours. */
export function peersTable(matches: readonly Match[]): string {
  const lines = [line(["", "ms", "least", "GF/s", "images/s", "times ours"])];
  for (const { benchmark, ours, contestants } of matches) {
    lines.push("", `${benchmark.name}, batch ${benchmark.images}`, row("deconv", ours, ours));
    for (const { contestant, result } of contestants) {
      const { peer, absent } = contestant;
      const scaled = contestant.scale === 1
        ? ""
        : ` (batch ${benchmark.images! / contestant.scale})`;
      lines.push(
        result
          ? row(peer + scaled, ours, result)
          : `  ${peer} absent: ${absent ?? "not measured"}`.slice(0, 80),
      );
    }
  }
  const notes = new Map(
    matches.flatMap(({ contestants }) => contestants).map(({ contestant }) =>
      [contestant.peer, contestant.note] as const
    ).filter(([, note]) => note),
  );
  lines.push("", ...[...notes].map(([peer, note]) => `${peer}: ${note}`.slice(0, 80)));
  if (matches.some(({ contestants }) => contestants.some(({ contestant: c }) => c.scale !== 1))) {
    lines.push("Times with a batch in brackets were taken with that many pictures, and scaled.");
  }
  return lines.join("\n");
}

/** Everything measured, for `--json`. */
export function peersResults(matches: readonly Match[]): Result[] {
  return matches.flatMap(({ ours, contestants }) => [
    ours,
    ...contestants.flatMap(({ result }) => result ? [result] : []),
  ]);
}
