/** Runs a script in a Deno of its own, with no permissions but those given. */

/** A program that has not ended by itself after so long hangs (milliseconds). */
const PATIENCE = 30_000;

/** What a script did. */
export interface ScriptResult {
  code: number;
  output: string;
  errors: string;
  /** Whether it had to be ended. */
  killed: boolean;
}

/** The folder of the project, to import from. */
export const ROOT: string = new URL("../../", import.meta.url).href;

/** Runs a script and gives what it did; kills it when it does not end. */
export async function runScript(
  source: string,
  flags: readonly string[] = [],
): Promise<ScriptResult> {
  const script = await Deno.makeTempFile({ suffix: ".ts" });
  await Deno.writeTextFile(script, source);
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "--no-lock", ...flags, script],
    env: { NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  let killed = false;
  const timer = setTimeout(() => {
    killed = true;
    child.kill("SIGKILL");
  }, PATIENCE);
  const { code, stdout, stderr } = await child.output();
  clearTimeout(timer);
  await Deno.remove(script);
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, output: text(stdout), errors: text(stderr), killed };
}
