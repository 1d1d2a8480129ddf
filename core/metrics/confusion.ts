import { DeconvError } from "../errors.ts";
import { sameShape, type Shape, shapeText, type Tensor } from "../tensor.ts";
import { largest } from "./decisions.ts";

/** How often targets of each class were taken for which. */
export interface ConfusionMatrix {
  /** Names of the classes; their numbers unless given. */
  readonly names: readonly string[];
  /** `counts[actual][predicted]`. */
  readonly counts: readonly (readonly number[])[];
  /** Predictions that were NaN, which are counted nowhere else. */
  readonly undecided: number;
  /**
   * A table of at most 80 columns: a row for each actual class with the share that was found (recall),
   * a column for each predicted one with the share that was right (precision) below it. Many classes
   * make several tables, one below the other.
   */
  toString(): string;
}

/** What `confusionMatrix` takes besides. */
export interface ConfusionOptions {
  /** Names of the classes, for the table. Default their numbers. */
  names?: readonly string[];
  /** Where there is one number for each target: above this it is class 1. Default 0.5. */
  threshold?: number;
}

/**
 * Counts what classes were taken for which.
 *
 * @param predictions Scores `[…, classes]`, of which the largest decides (the first of equals), or
 * `[…, 1]` to be compared with the threshold.
 * @param labels Class numbers `[…]`, or a tensor like the predictions.
 * @throws {DeconvError} When the shapes do not fit, a label is no class, or names are missing.
 *
 * @example
 * ```ts
 * import { confusionMatrix, tensor } from "@deconv/deconv";
 * const predictions = tensor([0.9, 0.1, 0.4, 0.6, 0.2, 0.8], [3, 2]);
 * const matrix = confusionMatrix(predictions, tensor([0, 0, 1]), { names: ["cat", "dog"] });
 * console.log(matrix.counts); // [[1, 1], [0, 1]]
 * console.log(`${matrix}`);
 * ```
 */
export function confusionMatrix(
  predictions: Tensor,
  labels: Tensor,
  options: ConfusionOptions = {},
): ConfusionMatrix {
  const { shape, data } = predictions, width = shape[shape.length - 1];
  const classes = Math.max(2, width), threshold = Math.fround(options.threshold ?? 0.5);
  const alike = sameShape(labels.shape, shape);
  expectLabels(shape, labels, alike && width > 1);
  const names = options.names ?? Array.from({ length: classes }, (_, c) => `${c}`);
  if (names.length !== classes) {
    throw new DeconvError(`There are ${names.length} names for ${classes} classes`);
  }
  const counts = names.map(() => new Array<number>(classes).fill(0));
  let undecided = 0;
  for (let row = 0; row < data.length / width; row++) {
    const score = data[row];
    const predicted = width > 1
      ? largest(data, row * width, width)
      : Number.isNaN(score)
      ? -1
      : Number(score > threshold);
    const actual = alike && width > 1 ? largest(labels.data, row * width, width) : labels.data[row];
    if (predicted < 0) undecided++;
    else counts[actual][predicted]++;
  }
  return { names, counts, undecided, toString: () => table(names, counts, undecided) };
}

/** Fails unless labels fit predictions of this shape. */
function expectLabels(shape: Shape, labels: Tensor, rows: boolean): void {
  const width = shape[shape.length - 1], numbers = shape.slice(0, -1);
  if (!shape.length || !width) throw new DeconvError("Predictions need at least one class");
  const fits = sameShape(labels.shape, numbers) || sameShape(labels.shape, [...numbers, 1]);
  if (!fits && !rows) {
    throw new DeconvError(
      `Predictions of shape ${shapeText(shape)} need labels of shape ${shapeText(numbers)} or ${
        shapeText(shape)
      }, and they are ${shapeText(labels.shape)}`,
    );
  }
  const classes = Math.max(2, width);
  const wrong = rows
    ? labels.data.findIndex(Number.isNaN)
    : labels.data.findIndex((label) => !(Number.isInteger(label) && label >= 0 && label < classes));
  if (wrong < 0) return;
  throw new DeconvError(
    `Label ${wrong} is ${
      labels.data[wrong]
    }, which is not a class: there are ${classes}, numbered from 0`,
  );
}

/** Widest line of a table. */
const COLUMNS = 80;

function percent(part: number, whole: number): string {
  return whole ? `${(100 * part / whole).toFixed(1)}%` : "-";
}

function cut(text: string, width: number): string {
  return text.length > width ? `${text.slice(0, width - 1)}…` : text;
}

function table(names: readonly string[], counts: readonly number[][], undecided: number): string {
  const all = counts.flat();
  const digits = all.reduce((most, n) => Math.max(most, `${n}`.length), 6);
  const longest = (most: number) =>
    Math.min(most, names.reduce((length, name) => Math.max(length, name.length), 0));
  const head = Math.max(9, longest(20)), cell = Math.max(digits, longest(10)) + 1;
  const each = Math.floor((COLUMNS - head - 8) / cell);
  const blocks = [];
  for (let from = 0; from < names.length; from += each) {
    const columns = names.slice(from, from + each).map((_, i) => from + i);
    blocks.push(block(names, counts, columns, head, cell));
  }
  if (undecided) blocks.push(`${undecided} predictions were NaN`);
  return blocks.join("\n\n");
}

/** The part of a table with these columns. */
function block(
  names: readonly string[],
  counts: readonly number[][],
  columns: readonly number[],
  head: number,
  cell: number,
): string {
  const line = (name: string, cells: readonly string[], last: string) =>
    (cut(name, head).padEnd(head) + cells.map((text) =>
      cut(text, cell - 1).padStart(cell)
    ).join("") +
      last.padStart(8)).trimEnd();
  const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
  const rows = names.map((name, c) =>
    line(name, columns.map((k) => `${counts[c][k]}`), percent(counts[c][c], sum(counts[c])))
  );
  const precisions = columns.map((k) => percent(counts[k][k], sum(counts.map((row) => row[k]))));
  const right = sum(names.map((_, c) => counts[c][c]));
  return [
    line("actual", columns.map((k) => names[k]), "recall"),
    ...rows,
    line("precision", precisions, percent(right, sum(counts.flat()))),
  ].join("\n");
}
