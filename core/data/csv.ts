// In full, so that an import of mod.ts over http needs no import map.
// deno-lint-ignore no-import-prefix
import papa from "npm:papaparse@5.7.1";
import { DeconvError } from "../errors.ts";
import { type Shape, shapeText, sizeOf } from "../tensor.ts";
import type { ByteSource } from "./bytes.ts";
import { type Dataset, fromTensors } from "./dataset.ts";
import { openFile } from "./file.ts";

/** How a table becomes pictures (or rows of features) and targets. */
export interface CsvOptions {
  /** Whether the first row names the columns. Default: whether it holds anything but numbers. */
  readonly header?: boolean;
  /**
   * The column of the classes, by name or number from 0; `null` for none. Default the one called
   * label, class, target or y, otherwise the first.
   */
  readonly label?: string | number | null;
  /** The shape of what the other columns hold, row-major, or what makes one of their number. Default `[columns]`. */
  readonly shape?: Shape | ((columns: number) => Shape);
  /** Whether values are bytes, to be divided by 255. Default whether `shape` is that of a picture. */
  readonly bytes?: boolean;
  /** What stands between columns. Default: found out from the first rows. */
  readonly delimiter?: string;
  /** What to call the dataset. Default the file's name. */
  readonly name?: string;
  /** Bytes of memory the numbers may take. Default 1 GiB. */
  readonly limit?: number;
}

/** Bytes read at a time. */
const CHUNK = 2 ** 20;

/** Numbers that memory is taken for at a time; at least a row. */
const BLOCK = 2 ** 16;

/**
 * Opens a table of numbers (RFC 4180), a row a picture. The text is read once, piece by piece; the
 * numbers are kept as float32. Classes that are whole numbers from 0 stay as they are; numbers with
 * fractions or below 0 become targets of shape `[1]`; words are numbered in their sorted order, and become
 * the dataset's class names.
 *
 * @throws {DeconvError} When the file cannot be read or is too large, a row has too many or too few
 * columns, something is no number, or an option does not fit; with the number of the row.
 *
 * @example
 * ```ts ignore
 * import { openCsv } from "@deconv/deconv";
 * const digits = await openCsv("mnist_train.csv", { shape: [28, 28, 1] }); // label, pixels
 * const flowers = await openCsv("iris.csv", { label: "species" });
 * console.log(flowers.shape, flowers.classNames); // [4] ["setosa", "versicolor", "virginica"]
 * ```
 */
export async function openCsv(path: string, options: CsvOptions = {}): Promise<Dataset> {
  const file = openFile(path);
  try {
    return await csv(file, options);
  } finally {
    file.close();
  }
}

/** {@linkcode openCsv} for bytes from anywhere. */
export async function csv(source: ByteSource, options: CsvOptions = {}): Promise<Dataset> {
  const { name: path } = source, { limit = 2 ** 30, name = path.replace(/^.*[\\/]/, "") } = options;
  const refuse = (why: string): never => {
    throw new DeconvError(`Cannot read ${path} as CSV: ${why}`);
  };
  let columns: readonly string[] | undefined, label = -1, rows = 0, row = 0;
  const blocks: Float32Array[] = [], labels: string[] = [];
  let block = new Float32Array(0), filled = 0, rowsOfBlock = 0;
  for await (const cells of rowsOf(source, options.delimiter)) {
    row++;
    if (!columns) {
      const named = options.header ??
        cells.some((cell) => cell.trim() !== "" && isNaN(Number(cell)));
      columns = cells.map((cell, i) => named ? cell.trim() : `${i}`);
      label = labelColumn(columns, named, options.label, refuse);
      if (columns.length - (label < 0 ? 0 : 1) < 1) refuse("it has no columns of values");
      if (named) continue;
    }
    if (cells.length !== columns.length) {
      refuse(`row ${row} has ${cells.length} columns, not ${columns.length}`);
    }
    const width = columns.length - (label < 0 ? 0 : 1);
    if (4 * width * ++rows > limit) refuse(`its numbers take more than ${limit} bytes`);
    if (filled === block.length) {
      rowsOfBlock ||= Math.max(1, Math.floor(BLOCK / width));
      blocks.push(block = new Float32Array(width * rowsOfBlock));
      filled = 0;
    }
    for (let i = 0; i < cells.length; i++) {
      if (i === label) {
        labels.push(cells[i].trim());
        continue;
      }
      const value = Number(cells[i]);
      if (cells[i].trim() === "" || !Number.isFinite(value)) {
        refuse(`row ${row}, column ${columns[i]} is ${JSON.stringify(cells[i])}, not a number`);
      }
      block[filled++] = value;
    }
  }
  if (!columns || rows === 0) return refuse("it has no rows");
  const width = columns.length - (label < 0 ? 0 : 1), { shape: given = [width] } = options;
  const shape = typeof given === "function" ? given(width) : given;
  if (sizeOf(shape) !== width) {
    refuse(`its ${width} columns of values do not make ${shapeText(shape)}`);
  }
  const data = new Float32Array(rows * width);
  blocks.forEach((from, i) => {
    const at = i * width * rowsOfBlock;
    data.set(from.subarray(0, data.length - at), at);
  });
  if (options.bytes ?? shape.length === 3) { for (let i = 0; i < data.length; i++) data[i] /= 255; }
  const x = { shape: [rows, ...shape], data };
  if (label < 0) return fromTensors(x, undefined, { name });
  const { values, classNames } = classesOf(labels, (i) => refuse(`picture ${i} has no label`));
  const whole = values.every((value) => Number.isInteger(value) && value >= 0);
  const target = { shape: whole ? [rows] : [rows, 1], data: values };
  return fromTensors(x, target, { name, classNames });
}

function labelColumn(
  columns: readonly string[],
  named: boolean,
  label: CsvOptions["label"],
  refuse: (why: string) => never,
): number {
  if (label === null) return -1;
  if (label === undefined) {
    const usual = columns.findIndex((name) => /^(label|class|target|y)$/i.test(name));
    return named && usual >= 0 ? usual : 0;
  }
  const found = typeof label === "number" ? label : columns.indexOf(label);
  if (found in columns) return found;
  return refuse(`there is no column ${JSON.stringify(label)}; there are ${columns.join(", ")}`);
}

/** Labels as numbers; words get the places they have when sorted. */
function classesOf(
  labels: readonly string[],
  refuse: (index: number) => never,
): { values: Float32Array; classNames?: string[] } {
  const empty = labels.indexOf("");
  if (empty >= 0) refuse(empty);
  const numbers = Float32Array.from(labels, Number);
  if (numbers.every(Number.isFinite)) return { values: numbers };
  const classNames = [...new Set(labels)].sort();
  const places = new Map(classNames.map((name, i) => [name, i]));
  return { values: Float32Array.from(labels, (label) => places.get(label)!), classNames };
}

/** What papaparse gives, as far as it is used here. */
interface Parsed {
  readonly data: string[][];
  readonly errors: { readonly type: string }[];
  readonly meta: { readonly delimiter: string };
}

/** The rows of a table, the text read piece by piece. */
async function* rowsOf(source: ByteSource, delimiter = ""): AsyncGenerator<readonly string[]> {
  const decoder = new TextDecoder();
  let rest = "";
  for (let at = 0; at < source.size || rest; at += CHUNK) {
    const last = at + CHUNK >= source.size;
    const bytes = new Uint8Array(Math.max(0, Math.min(CHUNK, source.size - at)));
    if (bytes.length) await source.read(at, bytes);
    const text = rest + decoder.decode(bytes, { stream: !last });
    const end = last ? text.length : lastRowEnd(text);
    rest = text.slice(end);
    if (!end) continue;
    const parsed: Parsed = papa.parse(text.slice(0, end), { delimiter, skipEmptyLines: true });
    const fault = parsed.errors.find(({ type }) => type === "Quotes");
    if (fault) {
      throw new DeconvError(`Cannot read ${source.name} as CSV: a quoted value does not end`);
    }
    delimiter ||= parsed.meta.delimiter;
    yield* parsed.data;
  }
}

/** The end of the last row that is whole: a new line outside quotes. */
function lastRowEnd(text: string): number {
  let quotes = 0, end = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 34) quotes++;
    else if (code === 10 && quotes % 2 === 0) end = i + 1;
  }
  return end;
}
