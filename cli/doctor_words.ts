import type { CheckerboardDiagnosis, LayerDiagnosis, SideDiagnosis } from "../mod.ts";

const score = (value: number | null) => value === null ? "-" : value.toFixed(2);
const uneven = (value: number) => value === 0 ? "-" : value.toFixed(2);

/** Two numbers as one where they are the same. */
const both = ([a, b]: readonly [number, number]) => a === b ? `${a}` : `${a}x${b}`;

function tapsText({ kernel, strides }: LayerDiagnosis): string {
  const size = kernel ? both(kernel) : "";
  return strides && (strides[0] > 1 || strides[1] > 1) ? `${size}/${both(strides)}` : size;
}

/** Columns: their names and widths; names of layers and kinds stand left, numbers right. */
const COLUMNS: readonly [name: string, width: number][] = [
  ["layer", 15],
  ["kind", 16],
  ["k/s", 6],
  ["uneven", 6],
  ["back", 5],
  ["before", 6],
  ["after", 5],
  ["output", 6],
  ["grad", 5],
];

function line(cells: readonly string[]): string {
  return cells.map((cell, i) => {
    const [, width] = COLUMNS[i],
      text = cell.length > width ? `${cell.slice(0, width - 1)}…` : cell;
    return i < 3 ? text.padEnd(width) : text.padStart(width);
  }).join(" ").trimEnd();
}

/** The layers as a table of at most 80 columns, and what its columns are. */
export function diagnosisTable({ layers }: CheckerboardDiagnosis): string {
  return [
    line(COLUMNS.map(([name]) => name)),
    ...layers.map((layer) =>
      line([
        layer.name,
        layer.kind,
        tapsText(layer),
        uneven(layer.uneven),
        uneven(layer.unevenBackward),
        score(layer.before),
        score(layer.after),
        score(layer.output),
        score(layer.gradient),
      ])
    ),
    "k/s: kernel/stride. uneven, back: overlap of the taps, forward and backward,",
    "from 0 (even) to 1 (holes). before, after: score of what goes in and comes out.",
    "output, grad: score there at the frequencies of this layer. Scores go from 0,",
    "nothing beyond neighbouring frequencies, to 1, a clear checkerboard.",
    "",
  ].join("\n");
}

/** What was found, in a line or two. */
export function sideWords(what: "outputs" | "gradients", found: SideDiagnosis | null): string {
  const title = `${what}:`.padEnd(11);
  if (!found) return `${title}no pictures`;
  const { verdict, causes, risks } = found;
  const words = {
    clear: "clear",
    uneven: "uneven overlap, but nothing of it to be seen in these pictures",
    checkerboard: "a checkerboard",
    holes: "holes: some pixels are never painted, whatever is learned",
  }[verdict];
  const share = `${(100 * found.whole.share).toPrecision(2)} % of the variance`;
  const indent = " ".repeat(11);
  const lines = [
    `${title}${words}`,
    `${indent}score ${found.score.toFixed(2)}, ${share}`,
  ];
  if (causes.length) lines.push(`${indent}from ${causes.join(", ")}`);
  if (risks.length) lines.push(`${indent}uneven, too: ${risks.join(", ")}`);
  return lines.join("\n");
}

/** What to do about it. */
export function suggestion({ layers, outputs, gradients }: CheckerboardDiagnosis): string {
  const lines: string[] = [];
  const named = (names: readonly string[]) => layers.filter(({ name }) => names.includes(name));
  for (const layer of named([...outputs?.causes ?? [], ...outputs?.risks ?? []])) {
    const { name, kind, kernel, strides } = layer;
    if (kind === "conv2d_transpose" && layer.uneven > 0) {
      const better = kernel!.map((k, i) => strides![i] * Math.max(2, Math.ceil(k / strides![i])));
      lines.push(
        `${name}: resizeConv2d; or conv2d with icnr and depthToSpace; or kernelSize ${
          both(better as [number, number])
        }`,
        "  and more training (--rewrite resize, shuffle or kernel tries it)",
      );
    } else if (layer.uneven === 0) {
      lines.push(
        `${name}: its overlap is even: train longer, or start pixel shuffles with icnr,`,
        "  or give a transposed convolution of kernel = stride twice the kernel",
      );
    }
  }
  const backward = named(gradients?.causes ?? []).map(({ name }) => name);
  if (backward.length) {
    lines.push(
      `${backward.join(", ")}:`,
      "  strided convolutions leave a checkerboard in gradients whatever their kernel;",
      "  stride 1 with averagePool2d behind it does not",
    );
  }
  return lines.length ? `\n${lines.join("\n")}\n` : "";
}
