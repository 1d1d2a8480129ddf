import { DeconvError } from "../../errors.ts";
import { augmentation, type TransformationConfig } from "./augmentation.ts";
import type { Transformation } from "./transformation.ts";

/**
 * Reads transformations from a line of text, as the command line takes it: names separated by commas,
 * each with options after colons, a pair of numbers as `low..high`. Names separated by `|` are
 * `oneOf`.
 *
 * ```text
 * flip,crop:padding=2:fillMode=reflect,rotate:degrees=-5..30,mixup|cutmix
 * ```
 *
 * @throws {DeconvError} When a name, an option or a value is wrong.
 *
 * @example
 * ```ts
 * import { augment, parseAugmentation, shapes } from "@deconv/deconv";
 * const dataset = augment(shapes({ size: 100 }), parseAugmentation("flip,crop:padding=2,erase"));
 * console.log(dataset.size); // 100
 * ```
 */
export function parseAugmentation(text: string): Transformation[] {
  if (text.trim() === "") return [];
  return text.split(",").map((part) => {
    const choices = part.split("|").map(parseOne);
    return augmentation(
      choices.length === 1 ? choices[0] : { kind: "oneOf", transformations: choices },
    );
  });
}

/** One name with its options. */
function parseOne(text: string): TransformationConfig {
  const [kind, ...options] = text.split(":").map((part) => part.trim());
  const entries = options.map((option) => {
    const at = option.indexOf("=");
    if (at > 0) return [option.slice(0, at).trim(), parseValue(option.slice(at + 1).trim())];
    throw new DeconvError(
      `Cannot read the option "${option}" of ${kind}: give it as name=value, such as crop:padding=4`,
    );
  });
  return { ...Object.fromEntries(entries), kind };
}

/** A number, a pair of numbers, or a word. */
function parseValue(text: string): number | number[] | string {
  const numbers = text.split("..").map((part) => part === "" ? NaN : Number(part));
  if (!numbers.every(Number.isFinite)) return text;
  return numbers.length === 1 ? numbers[0] : numbers;
}
