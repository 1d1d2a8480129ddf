import { InvalidArgumentError, Option } from "commander";

/** Reads a whole number of at least `least` and at most `most`, in digits. */
export function wholeNumber(least: number, most = Infinity): (text: string) => number {
  return (text) => {
    const value = Number(text);
    const fits = Number.isSafeInteger(value) && value >= least && value <= most;
    if (/^\d+$/.test(text) && fits) return value;
    throw new InvalidArgumentError(
      most < Infinity
        ? `Give a whole number from ${least} to ${most}.`
        : `Give a whole number of at least ${least}.`,
    );
  };
}

/** Reads a number above 0. */
export function positiveNumber(text: string): number {
  const value = Number(text);
  if (text.trim() !== "" && Number.isFinite(value) && value > 0) return value;
  throw new InvalidArgumentError("Give a number above 0.");
}

/** Reads a grid such as 2x2. */
function gridSize(text: string): { rows: number; columns: number } {
  const [, rows, columns] = /^([1-9]\d?)x([1-9]\d?)$/.exec(text) ?? [];
  if (rows) return { rows: Number(rows), columns: Number(columns) };
  throw new InvalidArgumentError("Give rows and columns, such as 2x2.");
}

/** Where the pictures come from. */
export const dataOption = (otherwise: string): Option =>
  new Option(
    "--data <path>",
    `pictures: a folder with CIFAR-10 or CIFAR-100 (binary), IDX files as of MNIST, a folder of PNG, JPEG, BMP or PNM for each class, or pictures with masks; or a .npz, .npy or .csv file (${otherwise})`,
  );

/** What becomes of pictures in files, which may have any size. */
export const fitOptions = (): Option[] => [
  new Option("--size <pixels>", "bring pictures in files to squares of this side")
    .argParser(wholeNumber(1, 4096)),
  new Option("--grayscale", "make pictures in files gray"),
  new Option(
    "--corrupt <what>",
    "refuse pictures that cannot be decoded when they are read, or skip and name them (default: refuse)",
  )
    .choices(["refuse", "skip"]),
  new Option("--workers <count>", "workers that decode pictures in files meanwhile (default: none)")
    .argParser(wholeNumber(0, 64)),
];

/** Reads the shape of a picture such as 32x32x3. */
function readShape(text: string): number[] {
  if (/^[1-9]\d{0,6}(x[1-9]\d{0,6}){0,3}$/.test(text)) return text.split("x").map(Number);
  throw new InvalidArgumentError("Give sizes, such as 32x32x3.");
}

/** The shape of a picture, for models of Keras that leave it open. */
export const inputShapeOption = (): Option =>
  new Option("--input-shape <sizes>", "the input's shape where the file leaves it open: 32x32x3")
    .argParser(readShape);

/** How many threads compute. */
export const threadsOption = (): Option =>
  new Option("--threads <count>", "threads to compute with (default: all cores)")
    .argParser(wholeNumber(1));

/** Whether results must be the same everywhere. */
export const strictOption = (): Option =>
  new Option(
    "--strict",
    "round so that results are the same bits on every processor and engine (slower)",
  );

/** How the pictures look. */
export const pictureOptions = (): Option[] => [
  new Option("--images <count>", "pictures shown on activation and reconstruction sheets")
    .argParser(wholeNumber(1, 64)).default(8),
  new Option(
    "--grid <rowsxcolumns>",
    "the article's figures: so many gray panels a sheet, such as 2x2",
  )
    .argParser(gridSize),
  new Option("--colormap <name>", "colours of the values").choices([
    "gray",
    "viridis",
    "magma",
    "blue-white-red",
  ]),
  new Option(
    "--normalize <unit>",
    "whether a colour scale serves one filter or map, or a whole layer",
  )
    .choices(["filter", "layer"]),
];
