import { TextLineStream } from "./lines.ts";
import type { PeerReply } from "./peer.ts";

/** A peer that takes longer to answer than this (ms) is given up. */
const PATIENCE = 120_000;

/** How a peer is started: a file beside this one, in Deno or in the first Python that has PyTorch. */
export type Program = { deno: string } | { python: string };

/** A Python that can import torch: the one on the path, or the system's. */
function pythonWithTorch(): string {
  for (const python of ["python3", "/usr/bin/python3"]) {
    try {
      const found = new Deno.Command(python, {
        args: ["-c", "import torch"],
        stdin: "null",
        stdout: "null",
        stderr: "null",
      }).outputSync();
      if (found.success) return python;
    } catch { /* there is no such program */ }
  }
  throw new Error('no python3 here passes `python3 -c "import torch"`');
}

/** The command line of a peer on some task folders. */
function commandLine(program: Program, folders: readonly string[]): [string, string[]] {
  const path = (file: string) => decodeURIComponent(new URL(file, import.meta.url).pathname);
  if ("python" in program) return [pythonWithTorch(), ["-c", program.python, ...folders]];
  const args = ["run", "--quiet", "--no-lock", "-A", path("child.ts"), program.deno, ...folders];
  return [Deno.execPath(), args];
}

/** A peer in a process of its own, so that its threads, its globals and its crashes stay there. */
export class PeerProcess {
  readonly #child: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #lines: ReadableStreamDefaultReader<string>;
  #complaint = "";

  /** @throws {Error} When it cannot be started. */
  constructor(program: Program, folders: readonly string[]) {
    const [command, args] = commandLine(program, folders);
    // Peers run as npm and Deno have them: the flags of turbo are for our kernels.
    const { DENO_V8_FLAGS: _, ...env } = Deno.env.toObject();
    this.#child = new Deno.Command(command, {
      args,
      clearEnv: true,
      env,
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#listen();
    this.#input = this.#child.stdin.getWriter();
    this.#lines = this.#child.stdout
      .pipeThrough(new TextDecoderStream()).pipeThrough(new TextLineStream()).getReader();
  }

  /** Gives a command and waits for its reply; what is not JSON is a library's chatter. */
  async ask(command: "prepare" | "run", index: number): Promise<PeerReply> {
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), PATIENCE);
    try {
      await this.#input.write(new TextEncoder().encode(`${command} ${index}\n`));
      while (true) {
        const { value, done } = await this.#lines.read();
        if (done) return { absent: this.#epitaph() };
        if (value.startsWith("{")) return JSON.parse(value);
      }
    } catch {
      return { absent: this.#epitaph() };
    } finally {
      clearTimeout(timer);
    }
  }

  /** Keeps the last line of what it says on standard error. */
  async #listen(): Promise<void> {
    const lines = this.#child.stderr
      .pipeThrough(new TextDecoderStream()).pipeThrough(new TextLineStream());
    for await (const line of lines) if (line.trim()) this.#complaint = line.trim();
  }

  /** Why the process is no more. */
  #epitaph(): string {
    const late = `or took longer than ${PATIENCE / 1e3} s`;
    return `its process ended${this.#complaint ? `: ${this.#complaint}` : `, ${late}`}`;
  }

  /** Ends the process. */
  async stop(): Promise<void> {
    try {
      this.#child.kill("SIGKILL");
    } catch { /* it has ended */ }
    await this.#input.abort().catch(() => {});
    await this.#lines.cancel().catch(() => {});
    await this.#child.status;
  }
}
