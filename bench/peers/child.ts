/**
 * A peer's process: `child.ts PEER FOLDER…`. It reads one command a line, `prepare N` or `run N` for
 * the task of the Nth folder, answers each with one line of JSON (`PeerReply`), and ends with its input.
 *
 * @module
 */
import { TextLineStream } from "./lines.ts";
import { difference, type PeerReply, type PeerRunner, type PreparePeer } from "./peer.ts";
import { readTask } from "./task_folder.ts";

const [peer, ...folders] = Deno.args;
const runners = new Map<number, PeerRunner>();

async function timed(runner: PeerRunner): Promise<{ ms: number; ran: unknown }> {
  const start = performance.now();
  const ran = await runner.run();
  return { ms: performance.now() - start, ran };
}

async function answer(command: string, index: number): Promise<PeerReply> {
  if (command === "run") return { ms: (await timed(runners.get(index)!)).ms };
  const { task, expected } = readTask(folders[index]);
  const { prepare } = await import(`./${peer}.ts`) as { prepare: PreparePeer };
  const runner = await prepare(task);
  const { ms, ran } = await timed(runner);
  const wrong = difference(await runner.result(ran), expected);
  if (wrong) return { absent: wrong };
  runners.set(index, runner);
  return { ready: runner.note, ms };
}

const lines = Deno.stdin.readable.pipeThrough(new TextDecoderStream()).pipeThrough(
  new TextLineStream(),
);
for await (const line of lines) {
  const [command, index] = line.split(" ");
  let reply: PeerReply;
  try {
    reply = await answer(command, Number(index));
  } catch (error) {
    reply = { absent: error instanceof Error ? error.message : `${error}` };
  }
  console.log(JSON.stringify(reply));
}
// Peers leave threads behind that would keep the process.
Deno.exit();
