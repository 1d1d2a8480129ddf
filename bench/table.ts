import { PEAK } from "./arithmetic.ts";
import type { Benchmark, Result } from "./benchmark.ts";
import type { StepMemory } from "./first_step.ts";

/** Widths of the columns; with the spaces between them 80. */
const WIDTHS = [32, 3, 9, 9, 7, 5, 9];

/** One line: the first column flush left, the others right. */
function line(cells: readonly string[]): string {
  const padded = cells.map((cell, i) => i ? cell.padStart(WIDTHS[i]) : cell.padEnd(WIDTHS[i]));
  return padded.join(" ").trimEnd();
}

/** Four digits or so: `0.123`, `12.3`, `1234`. */
export function figure(value: number | null): string {
  if (value === null) return "";
  return value.toFixed(value < 10 ? 2 : value < 1000 ? 1 : 0);
}

/**
 * The results as a table of 80 columns: a heading for each group, a row for each benchmark and
 * number of threads; `%` is the share of the FMA peak that as many threads reached in the same run.
 */
export function table(benchmarks: readonly Benchmark[], results: readonly Result[]): string {
  const peaks = new Map(
    results.filter(({ name }) => name === PEAK).map(({ threads, gflops }) => [threads, gflops]),
  );
  const lines = [line(["", "thr", "ms", "least", "GF/s", "%", "images/s"])];
  let group = "";
  for (const benchmark of benchmarks) {
    if (benchmark.group !== group) lines.push("", group = benchmark.group);
    const rows = results.filter(({ name }) => name === benchmark.name);
    rows.forEach(({ threads, ms, msMin, gflops, imagesPerSecond }, i) => {
      const peak = peaks.get(threads);
      lines.push(line([
        i ? "" : `  ${benchmark.label}`,
        `${threads}`,
        figure(ms),
        figure(msMin),
        figure(gflops),
        gflops && peak && benchmark.name !== PEAK ? `${Math.round(100 * gflops / peak)}` : "",
        imagesPerSecond === null ? "" : imagesPerSecond.toFixed(0),
      ]));
    });
  }
  return lines.join("\n");
}

/** A process's memory in two lines. */
export function memoryText(threads: number, memory: StepMemory): string {
  const { peak, before, plan, activations, arena } = memory;
  const size = (bytes: number | null) => bytes === null ? "?" : (bytes / 2 ** 20).toFixed(0);
  return [
    `Memory of an article-cnn step, ${threads} thread(s), MiB: at its peak ${size(peak)}, of which`,
    `Deno alone ${size(before)}; arena ${size(arena)}; plan ${size(plan)}, ${
      (plan / activations).toFixed(2)
    } times the activations' ${size(activations)}`,
  ].join("\n");
}

/** A warning when the yardstick itself did not get its cores: something else ran; null when all is well. */
export function busyText(results: readonly Result[]): string | null {
  const peaks = results.filter(({ name }) => name === PEAK);
  const one = peaks.find(({ threads }) => threads === 1)?.gflops;
  const most = peaks.findLast(({ threads }) => threads > 1);
  if (!one || !most?.gflops || most.gflops > 0.85 * most.threads * one) return null;
  return `The machine was busy with something else: the FMA peak of ${most.threads} threads was ${
    (most.gflops / one).toFixed(2)
  }\ntimes that of one. Figures with several threads are too low; run it again.`;
}
