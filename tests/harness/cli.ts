/** Runs the command line for tests, in this process or as one of its own. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { main } from "../../cli/main.ts";
import { getArithmetic } from "../../mod.ts";

/** What a command did. */
export interface Result {
  code: number;
  out: string;
  err: string;
}

/** Runs a command in this process. */
export async function run(...args: string[]): Promise<Result> {
  const lines = { log: [] as string[], error: [] as string[] };
  const { log, error } = console;
  console.log = (...values: unknown[]) => lines.log.push(values.join(" "));
  console.error = (...values: unknown[]) => lines.error.push(values.join(" "));
  try {
    const code = await main(args);
    return { code, out: lines.log.join("\n"), err: lines.error.join("\n") };
  } finally {
    console.log = log;
    console.error = error;
  }
}

const root = fileURLToPath(new URL("../..", import.meta.url));

/** What makes a process compute as this one does: in a strict test run, the same preload. */
const strict = getArithmetic() === "strict"
  ? [`--preload=${join(root, "tests", "modes", "strict.ts")}`]
  : [];

/** Permissions that the tasks give. */
const TASKS = ["--allow-read", "--allow-write"];

/** What Deno is told to run a command, with no more permissions than these. */
export const denoArguments = (args: string[], permissions = TASKS): string[] => [
  "run",
  "--no-prompt",
  `--config=${join(root, "deno.json")}`,
  ...permissions,
  ...strict,
  join(root, "cli", "main.ts"),
  ...args,
];

/** A command as a process of its own with no more permissions than these. */
export function command(args: string[], cwd: string, permissions = TASKS): Deno.Command {
  return new Deno.Command(Deno.execPath(), {
    args: denoArguments(args, permissions),
    cwd,
    env: { NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  });
}

/** Runs a command as a process of its own. */
export async function runProcess(args: string[], cwd: string): Promise<Result> {
  const { code, stdout, stderr } = await command(args, cwd).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes).trimEnd();
  return { code, out: text(stdout), err: text(stderr) };
}

/** Gives a test an empty folder and takes it away again. */
export async function withFolder(test: (folder: string) => void | Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "deconv-cli-" });
  try {
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** All files and empty folders below a folder, sorted, with `/` between parts. */
export function filesIn(folder: string): string[] {
  const found: string[] = [];
  const walk = (path: string, name: string) => {
    const entries = [...Deno.readDirSync(path)];
    if (!entries.length && name) found.push(`${name}/`);
    for (const entry of entries) {
      const next = name ? `${name}/${entry.name}` : entry.name;
      if (entry.isDirectory) walk(join(path, entry.name), next);
      else found.push(next);
    }
  };
  walk(folder, "");
  return found.sort();
}

/** Options of a run that takes a moment. */
export const SMALL = ["--preset", "article-text", "--samples", "16", "--batch-size", "8"];
