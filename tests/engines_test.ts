/** The same training in a second engine, Node's V8: the strict build gives the same bits there. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { EngineRun } from "./harness/engine_run.ts";
import { TWO_THREADS } from "./harness/threads.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Runs a program and gives what it printed; fails when it fails. */
async function output(program: string, args: readonly string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(program, {
    args: [...args],
    cwd: root,
    env: { NO_COLOR: "1" },
    stdin: "null",
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  assert.ok(success, `${program} ${args.join(" ")}\n${text(stdout)}${text(stderr)}`);
  return text(stdout);
}

/** The version of the `node` on the PATH, or null. */
async function nodeVersion(): Promise<string | null> {
  try {
    return (await output("node", ["--version"])).trim();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

const node = await nodeVersion();

/** Makes one JavaScript module of the training and all of deconv, and runs scripts that import it. */
class Bundle implements AsyncDisposable {
  private constructor(readonly folder: string) {}

  static async make(): Promise<Bundle> {
    const bundle = new Bundle(await Deno.makeTempDir({ prefix: "deconv-engines-" }));
    const to = join(bundle.folder, "engine_run.mjs");
    await output(Deno.execPath(), ["bundle", "--quiet", "-o", to, "tests/harness/engine_run.ts"]);
    return bundle;
  }

  /** Runs it in an engine, after a line of preparation. */
  async run(
    engine: readonly [string, ...string[]],
    argument: string,
    before = "",
  ): Promise<EngineRun> {
    const module = pathToFileURL(join(this.folder, "engine_run.mjs")).href;
    const script = await Deno.makeTempFile({ dir: this.folder, suffix: ".mjs" });
    await Deno.writeTextFile(
      script,
      `${before}
       const { run } = await import("${module}");
       console.log(JSON.stringify(await run(${argument})));`,
    );
    const [program, ...args] = engine;
    return JSON.parse(await output(program, [...args, script]));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.folder, { recursive: true });
  }
}

const DENO = [
  Deno.execPath(),
  "run",
  "--no-prompt",
  "--no-lock",
  "--no-config",
  "--allow-read",
] as [
  string,
  ...string[],
];
const NODE: [string] = ["node"];

/** Leaves the engine without workers, whatever it has, but with four cores. */
const ALONE = `
  Object.defineProperty(globalThis, "navigator", { value: { hardwareConcurrency: 4 } });
  delete globalThis.Worker;`;
const ONE_CORE =
  `Object.defineProperty(globalThis, "navigator", { value: { hardwareConcurrency: 1 } });`;

Deno.test({
  name: `a strict run of twenty steps has the same hash in Deno and Node ${node ?? "(absent)"}`,
  ignore: node === null,
  fn: async () => {
    await using bundle = await Bundle.make();
    const here = await bundle.run(DENO, '"strict"');
    assert.equal(here.arithmetic, "strict");
    const there = await bundle.run(NODE, '"strict"');
    assert.deepEqual({ ...there, threads: 0 }, { ...here, threads: 0 });
    // Where there are no workers, the calling thread does everything.
    assert.deepEqual(await bundle.run(NODE, '"strict"', ALONE), { ...here, threads: 1 });
  },
});

Deno.test({
  name: "Node computes by default too, relaxed if it can",
  ignore: node === null,
  fn: async () => {
    await using bundle = await Bundle.make();
    const { arithmetic, hash } = await bundle.run(NODE, "");
    if (arithmetic === "relaxed") return;
    assert.equal(hash, (await bundle.run(DENO, '"strict"')).hash);
  },
});

for (const arithmetic of ["relaxed", "strict"]) {
  Deno.test({
    name: `a ${arithmetic} run has the same hash on one thread and on all`,
    ignore: !TWO_THREADS,
    fn: async () => {
      await using bundle = await Bundle.make();
      const all = await bundle.run(DENO, `"${arithmetic}"`);
      assert.ok(all.threads > 1);
      const one = await bundle.run(DENO, `"${arithmetic}"`, ONE_CORE);
      assert.deepEqual(one, { ...all, threads: 1 });
    },
  });
}
