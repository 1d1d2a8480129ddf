import type { Result } from "../benchmark.ts";
import { currentMode } from "../mode.ts";
import { figure } from "../table.ts";
import { classesOf } from "./classes.ts";
import { CLIFF, type Comparison } from "./measure.ts";

/** Whether a pass is a cliff: far below its friendly shape, and not because memory is no faster. */
export function isCliff({ gflops, friendly, memoryLimit }: Comparison): boolean {
  return gflops < CLIFF * Math.min(friendly, memoryLimit);
}

/** Whether it is one beside the dense shape. */
function isDenseCliff({ gflops, dense, memoryLimit }: Comparison): boolean {
  return gflops < CLIFF * Math.min(dense, memoryLimit);
}

/** Groups of comparisons by the causes they have, in the order of the classes. */
function byClass(comparisons: readonly Comparison[]): Map<string, Comparison[]> {
  const found = new Map<string, Comparison[]>();
  for (const comparison of comparisons) {
    const { kind, names } = classesOf(comparison);
    for (const name of names.map((name) => `${kind}: ${name}`)) {
      found.set(name, [...found.get(name) ?? [], comparison]);
    }
  }
  return new Map([...found].sort(([a], [b]) => a.localeCompare(b)));
}

/** How many passes of each class are cliffs. */
function classTable(comparisons: readonly Comparison[]): string[] {
  const lines = [`${"".padEnd(44)}${"passes".padStart(8)}${"cliffs".padStart(8)}  median ratio`];
  for (const [name, members] of byClass(comparisons)) {
    const ratios = members.map(({ ratio }) => ratio).sort((a, b) => a - b);
    lines.push(
      `  ${name.padEnd(42)}${`${members.length}`.padStart(8)}${
        `${members.filter(isCliff).length}`.padStart(8)
      }${ratios[ratios.length >> 1].toFixed(2).padStart(14)}`,
    );
  }
  return lines;
}

/** The worst ones in full, how many cliffs there are, and among which kinds of geometry. */
export function cliffsText(comparisons: readonly Comparison[], worst: number): string {
  const cliffs = comparisons.filter(isCliff);
  const low = comparisons.filter(({ ratio }) => ratio < CLIFF);
  const denseLow = comparisons.filter(({ gflops, dense }) => gflops < CLIFF * dense);
  const denseCliffs = comparisons.filter(isDenseCliff);
  const share = (c: Comparison) => c.gflops / Math.min(c.friendly, c.memoryLimit);
  const sorted = comparisons.toSorted((a, b) => share(a) - share(b));
  const lines = [`The worst ${worst}: ratio, GF/s, the friendly shape's GF/s, and GF/s of a copy`];
  for (const c of sorted.slice(0, worst)) {
    const numbers = [c.ratio.toFixed(3), ...[c.gflops, c.friendly, c.memoryLimit].map(figure)];
    lines.push(
      `  ${c.op} ${c.pass} ${c.text}`,
      `  ${numbers.map((n) => n.padStart(8)).join("")}`,
      `    ${classesOf(c).names.join(", ")}`,
    );
  }
  return [
    ...lines,
    "",
    ...classTable(comparisons),
    "",
    `${low.length} of ${comparisons.length} passes run below a third of their friendly shape's GF/s;`,
    `${cliffs.length} of them also below a third of what memory allows: these are cliffs.`,
    `Beside dense shapes, one group of all channels: ${denseLow.length}, and ${denseCliffs.length} of those.`,
  ].join("\n");
}

/** The comparisons as `--json` writes them: `ratio` besides. */
export function cliffsResults(
  comparisons: readonly Comparison[],
  threads: number,
): (Result & { ratio: number })[] {
  return comparisons.map(({ op, text, pass, ms, msMin, gflops, ratio }) => ({
    name: `cliffs/${op}/${text}/${pass}`,
    mode: currentMode(),
    threads,
    ms,
    msMin,
    gflops,
    imagesPerSecond: null,
    ratio,
  }));
}
