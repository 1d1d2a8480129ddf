/**
 * `deno task bench`: times the kernels, the networks and the start of a process, prints a table and,
 * with `--json`, writes it to a file. bench/README.md says how it is measured and how to read it.
 *
 * @module
 */
import { dirname, resolve } from "node:path";
import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { DeconvError } from "../core/errors.ts";
import { availableThreads } from "../core/wasm/pool.ts";
import { runtime, setArithmetic } from "../core/wasm/runtime.ts";
import { arithmeticBenchmarks, PEAK } from "./arithmetic.ts";
import { type Benchmark, currentMode, declareTurbo, type Result } from "./benchmark.ts";
import { convolutionBenchmarks } from "./convolutions.ts";
import { modelBenchmarks } from "./models.ts";
import { NETWORKS } from "./networks.ts";
import { coldStartBenchmark, type MemoryByThreads } from "./process.ts";
import { profile } from "./profile.ts";
import { measure } from "./rounds.ts";
import { busyText, memoryText, table } from "./table.ts";

/** What the command line says. */
interface Options {
  only?: string;
  threads?: number;
  rounds: number;
  json?: string;
  list?: boolean;
  profile?: string;
  strict?: boolean;
  turbo?: boolean;
}

/** After so many milliseconds no further round begins. */
const BUDGET = 150_000;

/** A whole number of at least 1, and at most `most`. */
function count(most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (Number.isInteger(value) && value >= 1 && value <= most) return value;
    throw new InvalidArgumentError(`It must be a whole number from 1 to ${most}.`);
  };
}

function parse(args: readonly string[]): Options {
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
    .option("--strict", "with strict arithmetic")
    .addOption(new Option("--turbo", "started with turbo's flags (by bench:turbo)").hideHelp())
    .exitOverride()
    .parse(args as string[], { from: "user" })
    .opts<Options>();
}

/** The benchmarks that a pattern names, with the yardstick in any case. */
function select(all: readonly Benchmark[], pattern: string | undefined): Benchmark[] {
  if (pattern === undefined) return [...all];
  const words = pattern.split("*").map((word) => word.replace(/[^\w]/g, "\\$&"));
  const wanted = new RegExp(words.join(".*"), "i");
  const found = all.filter(({ name }) => wanted.test(name));
  if (!found.length) {
    const names = new Set(all.map(({ name }) => name.replace(/\/.*/, "/*")));
    throw new DeconvError(
      `No benchmark is called "${pattern}"; there are ${[...names].join(", ")}`,
    );
  }
  return all.filter((benchmark) => found.includes(benchmark) || benchmark.name === PEAK);
}

/** The memory of the step as results: no times, but bytes. */
function memoryResults(memory: MemoryByThreads): Result[] {
  const none = { ms: null, msMin: null, gflops: null, imagesPerSecond: null };
  return [...memory].map(([threads, bytes]) => ({
    name: "article-cnn-memory",
    mode: currentMode(),
    threads,
    ...none,
    bytes,
  }));
}

/** Refuses a file that cannot be written before minutes are spent measuring for it. */
function checkFolder(file: string): void {
  const folder = dirname(resolve(file));
  try {
    if (Deno.statSync(folder).isDirectory) return;
  } catch { /* said below */ }
  throw new DeconvError(`Cannot write "${file}": there is no folder ${folder}`);
}

/** Writes the file, or says in a line why not. */
function writeResults(file: string, text: string): void {
  try {
    Deno.writeTextFileSync(file, text);
  } catch (error) {
    console.error(`Cannot write "${file}": ${error instanceof Error ? error.message : error}`);
    Deno.exitCode = 1;
  }
}

async function main(args: readonly string[]): Promise<void> {
  const options = parse(args);
  if (options.strict) setArithmetic("strict");
  if (options.turbo) declareTurbo();
  const cores = availableThreads();
  if (options.profile !== undefined) {
    const names = Object.entries(NETWORKS).filter(([, { trained }]) => trained).map(([n]) => n);
    if (!names.includes(options.profile)) {
      throw new DeconvError(
        `Cannot profile "${options.profile}": there are ${names.join(", ")}`,
      );
    }
    console.log(
      profile(options.profile as "article-cnn", options.threads ?? cores, options.rounds),
    );
    return;
  }
  const memory: MemoryByThreads = new Map();
  const benchmarks = select([
    ...arithmeticBenchmarks(),
    ...modelBenchmarks(),
    ...convolutionBenchmarks(),
    coldStartBenchmark(memory),
  ], options.only);
  if (options.list) return console.log(benchmarks.map(({ name }) => name).join("\n"));
  if (options.json) checkFolder(options.json);
  const threads = options.threads ? [options.threads] : [...new Set([1, cores])];
  const { results, rounds } = await measure(benchmarks, {
    threads,
    rounds: options.rounds,
    budget: BUDGET,
    onRound: (round) => {
      if (Deno.stderr.isTerminal()) {
        Deno.stderr.writeSync(new TextEncoder().encode(`\r${round}/${options.rounds} rounds\r`));
      }
    },
  });
  console.log(table(benchmarks, results));
  for (const [threads, record] of memory) console.log(`\n${memoryText(threads, record)}`);
  const tile = `${runtime().tileColumns} columns a tile`;
  console.log(
    `\nmode ${currentMode()}, ${tile}, Deno ${Deno.version.deno}, medians of ${rounds} rounds`,
  );
  const busy = busyText(results);
  if (busy) console.log(busy);
  if (rounds < options.rounds) {
    console.log(`(${options.rounds} were asked for; ${BUDGET / 1000} s were over)`);
  }
  if (options.json) {
    const text = JSON.stringify([...results, ...memoryResults(memory)], null, 2);
    writeResults(options.json, text + "\n");
  }
}

try {
  await main(Deno.args);
} catch (error) {
  if (error instanceof CommanderError) Deno.exit(error.exitCode === 0 ? 0 : 2);
  if (!(error instanceof DeconvError)) throw error;
  console.error(error.message);
  Deno.exit(2);
}
