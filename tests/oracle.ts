/**
 * Runs every case of a folder of golden numbers through the product: `deno task oracle DIR`.
 *
 * The folder holds pairs NAME.json (the cases) and NAME.safetensors (their tensors), as
 * ../shared/oracle/README.md describes. Every case that fails is listed with its worst tensor; a case
 * that nothing implements counts as failed. The last line is `N passed, N failed`.
 */

import { pathToFileURL } from "node:url";
import { judgeCase } from "./harness/oracle_product.ts";
import { type OracleCase, readOracle } from "./harness/oracle.ts";

/** Ends the program with one line that says what was wrong. */
function quit(message: string, code: number): never {
  console.error(message.replaceAll(/\s+/g, " "));
  Deno.exit(code);
}

/** A folder's URL; ends the program when it is none that can be read. */
function folderUrl(path: string): URL {
  try {
    return pathToFileURL(`${Deno.realPathSync(path)}/`);
  } catch (error) {
    quit(`Cannot read the oracle "${path}": ${(error as Error).message}`, 1);
  }
}

/** Names of the pairs in a folder, in order. */
function pairsIn(path: string, folder: URL): string[] {
  try {
    const files = new Set([...Deno.readDirSync(folder)].map((entry) => entry.name));
    return [...files].filter((file) => file.endsWith(".json"))
      .map((file) => file.slice(0, -".json".length))
      .filter((name) => files.has(`${name}.safetensors`))
      .sort();
  } catch (error) {
    quit(`Cannot read the oracle "${path}": ${(error as Error).message}`, 1);
  }
}

function casesOf(name: string, folder: URL): OracleCase[] {
  try {
    return readOracle(name, folder);
  } catch (error) {
    quit(`Cannot read the oracle's "${name}": ${(error as Error).message}`, 1);
  }
}

if (Deno.args.length !== 1 || Deno.args[0].startsWith("-")) {
  quit("Usage: deno task oracle DIR (a folder of NAME.json and NAME.safetensors)", 2);
}
const [path] = Deno.args;
const folder = folderUrl(path);
const names = pairsIn(path, folder);
if (!names.length) {
  quit(`The oracle "${path}" holds no pair of NAME.json and NAME.safetensors`, 1);
}
// All are read before any is run: a corrupt folder says so and nothing else.
const files = names.map((name) => ({ name, cases: casesOf(name, folder) }));
let passed = 0, failed = 0;
for (const { name, cases } of files) {
  let good = 0;
  for (const c of cases) {
    const wrong = await judgeCase(c);
    if (wrong === null) good++;
    else console.log(`FAILED ${name}: ${c.name} ${wrong}`);
  }
  console.log(`${name}: ${good} of ${cases.length} passed`);
  passed += good;
  failed += cases.length - good;
}
console.log(`${passed} passed, ${failed} failed`);
Deno.exit(failed ? 1 : 0);
