/**
 * The embedded texts: short made-up sentences in five languages, for networks that read characters.
 *
 * Sentence `index` is a pure function of (seed, split, index). Training and test sentences are built
 * from different nouns, verbs and adjectives, so a network that does well on the test set has learned
 * how the languages are spelt, not a list of words.
 */
import { DeconvError } from "../errors.ts";
import { random } from "../random.ts";
import { checkRead, type Dataset } from "./dataset.ts";
import { LANGUAGES, type Vocabulary } from "./vocabularies.ts";

/** The languages, by label. */
export const SENTENCE_CLASSES: readonly string[] = LANGUAGES.map(({ name }) => name);

/** The characters, by their number in a text; 0 is a blank, and whatever is not here. */
export const SENTENCE_ALPHABET = " abcdefghijklmnopqrstuvwxyzäöüßàâçèéêëîïôùûñáíóúìò'.,";

/** Which sentences {@linkcode sentences} makes. */
export interface SentencesOptions {
  /** The number of sentences. Default 4000. */
  readonly size?: number;
  /** Characters of each; longer ones are cut, shorter filled with blanks. Default 64. */
  readonly length?: number;
  /** The seed they are drawn from. Default 0. */
  readonly seed?: number;
  /** Which of two series, built from different words. Default `"train"`. */
  readonly split?: "train" | "test";
}

/**
 * Opens the embedded texts: `[length]` characters as whole numbers, places in
 * {@linkcode SENTENCE_ALPHABET}, of sentences in {@linkcode SENTENCE_CLASSES}. Classes take turns:
 * sentence `i` has label `i % 5`, so shuffle to train.
 *
 * @throws {DeconvError} When `size`, `length` or `split` is none.
 *
 * @example
 * ```ts
 * import { SENTENCE_ALPHABET, sentences } from "@deconv/deconv";
 * const x = new Float32Array(64);
 * sentences({ size: 10 }).read([0], x);
 * console.log(Array.from(x, (c) => SENTENCE_ALPHABET[c]).join("").trim());
 * ```
 */
export function sentences(options: SentencesOptions = {}): Dataset {
  const { size = 4000, length = 64, seed = 0, split = "train" } = options;
  const whole = (n: number, least: number) => Number.isSafeInteger(n) && n >= least;
  if (!whole(size, 0) || !whole(length, 1)) {
    throw new DeconvError(
      `Cannot make ${size} sentences of ${length} characters: give whole numbers, such as 4000 and 64`,
    );
  }
  if (split !== "train" && split !== "test") {
    throw new DeconvError(
      `Unknown split ${JSON.stringify(split)} of sentences: use "train" or "test"`,
    );
  }
  const rng = random(seed, `sentences/${split}`);
  const dataset: Dataset = {
    name: `sentences ${split}`,
    size,
    shape: [length],
    classNames: SENTENCE_CLASSES,
    read(indices, x, labels) {
      checkRead(dataset, indices, x, labels);
      for (let i = 0; i < indices.length; i++) {
        const index = indices[i], label = index % LANGUAGES.length;
        let drawn = 0;
        const text = sentence(LANGUAGES[label], split, (n) => rng.integer(n, index, drawn++));
        for (let at = 0; at < length; at++) {
          x[i * length + at] = Math.max(0, SENTENCE_ALPHABET.indexOf(text[at] ?? " "));
        }
        if (labels) labels[i] = label;
      }
    },
  };
  return dataset;
}

/** A number of 0 … n-1, another at every call. */
type Draw = (n: number) => number;

/** A sentence: one or two clauses of noun, verb and noun, begun somewhere in the middle. */
function sentence(language: Vocabulary, split: "train" | "test", draw: Draw): string {
  // Every third word is kept for the test set.
  const pick = (words: readonly string[]) => {
    const mine = words.filter((_, i) => (i % 3 === 2) === (split === "test"));
    return mine[draw(mine.length)];
  };
  const some = (words: readonly string[]) => words[draw(words.length)];
  const noun = () => {
    const adjective = draw(2) ? `${pick(language.adjectives)} ` : "";
    return `${some(language.articles)} ${adjective}${pick(language.nouns)}`;
  };
  const clause = () =>
    `${noun()} ${pick(language.verbs)} ${noun()}` +
    (draw(2) ? ` ${some(language.prepositions)} ${noun()}` : "");
  const text = `${clause()} ${some(language.conjunctions)} ${clause()}.`;
  return text.slice(draw(12));
}
