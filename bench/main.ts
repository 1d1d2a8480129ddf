/**
 * `deno task bench`: times the kernels, the networks and the start of a process, prints a table and,
 * with `--json`, writes it to a file. bench/README.md says how it is measured and how to read it.
 *
 * @module
 */
import { dirname, resolve } from "node:path";
import { CommanderError } from "commander";
import { DeconvError } from "../core/errors.ts";
import { availableThreads } from "../core/wasm/pool.ts";
import { setArithmetic } from "../core/wasm/runtime.ts";
import { arithmeticBenchmarks, PEAK } from "./arithmetic.ts";
import type { Benchmark, Result } from "./benchmark.ts";
import { convolutionBenchmarks } from "./convolutions.ts";
import { currentMode, declareTurbo } from "./mode.ts";
import { modelBenchmarks } from "./models.ts";
import { type NetworkName, NETWORKS } from "./networks.ts";
import { measureCliffs } from "./cliffs/measure.ts";
import { randomGeometries } from "./cliffs/random_geometries.ts";
import { cliffsResults, cliffsText } from "./cliffs/report.ts";
import { costsText } from "./costs/fit.ts";
import { measureWays } from "./costs/measure.ts";
import { measurePeers } from "./peers/measure.ts";
import { peersResults, peersTable } from "./peers/report.ts";
import { formatGeometry } from "./geometry.ts";
import { matcher, type Options, parseOptions } from "./options.ts";
import { coldStartBenchmark, type MemoryByThreads } from "./process.ts";
import { profile } from "./profile.ts";
import { measure } from "./rounds.ts";
import { busyText, memoryText, table } from "./table.ts";

/** After so many milliseconds no further round begins. */
const BUDGET = 150_000;
/** How many random geometries are tried, and the seed they come from. */
const GEOMETRIES = 200, SEED = 1;
/** As many to fit costs to, and of so many seeds after that one. */
const COST_GEOMETRIES = 120, COST_SEEDS = 4;

/** The benchmarks that a pattern names, with the yardstick in any case. */
function select(all: readonly Benchmark[], pattern: string | undefined): Benchmark[] {
  if (pattern === undefined) return [...all];
  const wanted = matcher(pattern), found = all.filter(({ name }) => wanted(name));
  if (!found.length) {
    const names = new Set(all.map(({ name }) => name.replace(/\/.*/, "/*")));
    throw new DeconvError(
      `No benchmark is called "${pattern}"; there are ${[...names].join(", ")}`,
    );
  }
  return all.filter((benchmark) => found.includes(benchmark) || benchmark.name === PEAK);
}

/** Everything of ours. */
function allBenchmarks(memory: MemoryByThreads): Benchmark[] {
  return [
    ...arithmeticBenchmarks(),
    ...modelBenchmarks(),
    ...convolutionBenchmarks(),
    coldStartBenchmark(memory),
  ];
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

/** A line that the next one replaces, where somebody watches. */
function progress(text: string): void {
  if (!Deno.stderr.isTerminal()) return;
  Deno.stderr.writeSync(new TextEncoder().encode(`\r${text.padEnd(40)}\r`));
}

/** Where a training step's time goes. */
function printProfile({ profile: name, threads = availableThreads(), rounds }: Options): void {
  const names = Object.entries(NETWORKS).filter(([, { trained }]) => trained).map(([n]) => n);
  if (!names.includes(name!)) {
    throw new DeconvError(`Cannot profile "${name}": there are ${names.join(", ")}`);
  }
  console.log(profile(name as NetworkName, threads, rounds));
}

/** Ours beside other packages. */
async function comparePeers({ only, threads = availableThreads(), rounds }: Options) {
  const { matches, peaks } = await measurePeers({
    threads,
    rounds,
    budget: BUDGET,
    wanted: matcher(only),
    onProgress: progress,
  });
  if (!matches.length) throw new DeconvError(`No peer's benchmark is called "${only}"`);
  console.log(peersTable(matches));
  console.log(`\nmode ${currentMode()}, ${threads} thread(s), Deno ${Deno.version.deno}`);
  const busy = busyText(peaks);
  if (busy) console.log(busy);
  return [...peaks, ...peersResults(matches)];
}

/** Random geometries beside friendly ones. */
function compareCliffs({ only, threads = availableThreads() }: Options) {
  const wanted = matcher(only);
  const geometries = randomGeometries(GEOMETRIES, SEED).filter(({ op, geometry }) =>
    wanted(`cliffs/${op}/${formatGeometry(geometry)}`)
  );
  if (!geometries.length) throw new DeconvError(`No random geometry is called "${only}"`);
  const found = measureCliffs(
    geometries,
    threads,
    (done) => progress(`${done}/${geometries.length} geometries`),
  );
  console.log(cliffsText(found, 5));
  console.log(`\nmode ${currentMode()}, ${threads} thread(s), Deno ${Deno.version.deno}`);
  return cliffsResults(found, threads);
}

/** What each way to compute a pass costs, from other geometries than those of the cliffs. */
function printCosts(): void {
  const geometries = Array.from(
    { length: COST_SEEDS },
    (_, i) => randomGeometries(COST_GEOMETRIES, SEED + 1 + i),
  ).flat();
  const progressOf = (done: number) => progress(`${done}/${geometries.length} geometries`);
  console.log(costsText(measureWays(geometries, progressOf)));
  console.log(`\nmode ${currentMode()}, 1 thread, Deno ${Deno.version.deno}`);
}

/** Our own benchmarks. */
async function measureOurs(options: Options): Promise<Result[]> {
  const memory: MemoryByThreads = new Map();
  const benchmarks = select(allBenchmarks(memory), options.only);
  const threads = options.threads ? [options.threads] : [...new Set([1, availableThreads()])];
  const { results, rounds } = await measure(benchmarks, {
    threads,
    rounds: options.rounds,
    budget: BUDGET,
    onRound: (round) => progress(`${round}/${options.rounds} rounds`),
  });
  console.log(table(benchmarks, results));
  for (const [threads, record] of memory) console.log(`\n${memoryText(threads, record)}`);
  console.log(`\nmode ${currentMode()}, Deno ${Deno.version.deno}, medians of ${rounds} rounds`);
  const busy = busyText(results);
  if (busy) console.log(busy);
  if (rounds < options.rounds) {
    console.log(`(${options.rounds} were asked for; ${BUDGET / 1000} s were over)`);
  }
  return [...results, ...memoryResults(memory)];
}

async function main(args: readonly string[]): Promise<void> {
  const options = parseOptions(args);
  if (options.strict) setArithmetic("strict");
  if (options.turbo) declareTurbo();
  if (options.profile !== undefined) return printProfile(options);
  if (options.costs) return printCosts();
  if (options.list) {
    const chosen = select(allBenchmarks(new Map()), options.only);
    return console.log(chosen.map(({ name }) => name).join("\n"));
  }
  if (options.json) checkFolder(options.json);
  const results = options.peers
    ? await comparePeers(options)
    : options.cliffs
    ? compareCliffs(options)
    : await measureOurs(options);
  if (options.json) writeResults(options.json, JSON.stringify(results, null, 2) + "\n");
}

try {
  await main(Deno.args);
} catch (error) {
  if (error instanceof CommanderError) Deno.exit(error.exitCode === 0 ? 0 : 2);
  if (!(error instanceof DeconvError)) throw error;
  console.error(error.message);
  Deno.exit(2);
}
