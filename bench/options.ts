import { Command, InvalidArgumentError, Option } from "commander";
import { availableThreads } from "../core/wasm/pool.ts";

/** What the command line says. */
export interface Options {
  only?: string;
  threads?: number;
  rounds: number;
  json?: string;
  list?: boolean;
  profile?: string;
  peers?: boolean;
  cliffs?: boolean;
  costs?: boolean;
  strict?: boolean;
  turbo?: boolean;
}

/** A whole number of at least 1, and at most `most`. */
function count(most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (Number.isInteger(value) && value >= 1 && value <= most) return value;
    throw new InvalidArgumentError(`It must be a whole number from 1 to ${most}.`);
  };
}

/**
 * Reads the command line.
 *
 * @throws {CommanderError} When it is wrong, or asks for help; the text has been printed.
 */
export function parseOptions(args: readonly string[]): Options {
  return new Command("deno task bench")
    .configureOutput({ getOutHasColors: () => false, getErrHasColors: () => false })
    .description("Times kernels, training steps, forward passes and the start of a process.")
    .option("--only <pattern>", "what to time: a part of its name, * for any characters")
    .option(
      "--threads <n>",
      "time with n threads only (default: 1, and all)",
      count(availableThreads()),
    )
    .option("--rounds <n>", "samples of each, at most", count(1000), 9)
    .option("--json <file>", "also write the results to a file")
    .option("--list", "print the names and time nothing")
    .option("--profile <network>", "print where a training step's time goes, by kernel")
    .option("--peers", "compare the networks with other packages (downloads them)")
    .option("--cliffs", "compare 200 random convolutions with friendly ones of their size")
    .option("--costs", "fit what choosing an algorithm rests on to random convolutions")
    .option("--strict", "with strict arithmetic")
    .addOption(new Option("--turbo", "started with turbo's flags (by bench:turbo)").hideHelp())
    .exitOverride()
    .parse(args as string[], { from: "user" })
    .opts<Options>();
}

/** A test of names for a pattern of `--only`: any that contains it, `*` standing for any characters. */
export function matcher(pattern: string | undefined): (name: string) => boolean {
  if (pattern === undefined) return () => true;
  const words = pattern.split("*").map((word) => word.replace(/[^\w]/g, "\\$&"));
  const wanted = new RegExp(words.join(".*"), "i");
  return (name) => wanted.test(name);
}
