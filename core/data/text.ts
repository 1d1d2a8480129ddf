import { DeconvError } from "../errors.ts";
import { checkRead, type Dataset, targetSize } from "./dataset.ts";
import { countWindows, type CutOptions } from "./windows.ts";

/** How a text becomes windows. `stride` is how many characters apart they begin, default 1. */
export interface TextOptions extends CutOptions {
  /** The characters there are; the number of each is its place. Default those of the text, sorted. */
  readonly alphabet?: string | readonly string[];
  /** A character of the alphabet to read for those that are not in it. Default: they are refused. */
  readonly unknown?: string;
  /**
   * What is to be learned of a window: the character after it, `"next"` (default), one class number;
   * the window one character on, `"shifted"`, `[length]` class numbers; or nothing, `"none"`.
   */
  readonly target?: "next" | "shifted" | "none";
  /** What to call the dataset. Default `"text"`. */
  readonly name?: string;
}

/**
 * Windows of a text, `[length]` character numbers (whole numbers, not 0..1), with the characters that
 * follow as targets. The alphabet is in `classNames`. Characters are code points. The text is held in
 * memory, four bytes a character.
 *
 * @throws {DeconvError} When the text is too short, an option is wrong, or a character is not in the
 * alphabet and `unknown` is not given.
 *
 * @example
 * ```ts
 * import { fromText } from "@deconv/deconv";
 * const dataset = fromText("to be or not to be", { length: 5 });
 * const x = new Float32Array(5), target = new Float32Array(1);
 * dataset.read([3], x, target);
 * const letters = dataset.classNames!;
 * console.log([...x].map((i) => letters[i]).join(""), letters[target[0]]); // "be or" " "
 * ```
 */
export function fromText(text: string, options: TextOptions): Dataset {
  const { length, stride = 1, target = "next", name = "text" } = options;
  if (target !== "next" && target !== "shifted" && target !== "none") {
    throw new DeconvError(
      `Unknown target ${JSON.stringify(target)} of ${name}: use "next", "shifted" or "none"`,
    );
  }
  const characters = Array.from(text);
  const alphabet = [...options.alphabet ?? [...new Set(characters)].sort()];
  const numbers = numbersOf(characters, alphabet, options.unknown, name);
  const more = target === "none" ? 0 : 1;
  const dataset: Dataset = {
    name,
    size: countWindows(numbers.length, options, { more, name, unit: "characters" }),
    shape: [length],
    targetShape: target === "shifted" ? [length] : undefined,
    classNames: alphabet,
    read(indices, x, targets) {
      checkRead(dataset, indices, x, targets);
      const width = targetSize(dataset);
      for (let i = 0; i < indices.length; i++) {
        const from = indices[i] * stride, end = from + length;
        x.set(numbers.subarray(from, end), i * length);
        if (!targets) continue;
        if (target === "none") targets[i] = -1;
        else targets.set(numbers.subarray(end + 1 - width, end + 1), i * width);
      }
    },
  };
  return dataset;
}

function numbersOf(
  characters: readonly string[],
  alphabet: readonly string[],
  unknown: string | undefined,
  name: string,
): Uint32Array {
  const places = new Map(alphabet.map((character, i) => [character, i]));
  if (places.size < alphabet.length) {
    throw new DeconvError(`Cannot use an alphabet for ${name} that has a character twice`);
  }
  const instead = unknown === undefined ? undefined : places.get(unknown);
  if (unknown !== undefined && instead === undefined) {
    throw new DeconvError(
      `Cannot read ${
        JSON.stringify(unknown)
      } for unknown characters of ${name}: it is not in the alphabet`,
    );
  }
  return Uint32Array.from(characters, (character, i) => {
    const place = places.get(character) ?? instead;
    if (place !== undefined) return place;
    throw new DeconvError(
      `Cannot number character ${i} of ${name}, ${JSON.stringify(character)}: it is not in the ` +
        "alphabet; add it, or say what to read for it with unknown",
    );
  });
}
