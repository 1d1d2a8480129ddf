/**
 * A task as files, so that a peer in any language can read it: `task.json`, and as raw little-endian
 * float32 `weights.f32`, `input.f32` and, of a forward pass, `output.f32`.
 *
 * @module
 */
import type { PeerTask } from "./peer.ts";

/** What deconv made of the task: pictures, or a loss. */
type Expected = Float32Array<ArrayBuffer> | number;

/** Writes a task and what is expected of it into an empty folder. */
export function writeTask(folder: string, task: PeerTask, expected: Expected): void {
  const { weights, input, ...rest } = task;
  const write = (name: string, data: Float32Array<ArrayBuffer>) =>
    Deno.writeFileSync(`${folder}/${name}.f32`, new Uint8Array(data.buffer));
  write("weights", weights);
  write("input", input);
  const loss = typeof expected === "number" ? expected : null;
  if (typeof expected !== "number") write("output", expected);
  Deno.writeTextFileSync(`${folder}/task.json`, JSON.stringify({ ...rest, loss }));
}

/** Reads what `writeTask` wrote. */
export function readTask(folder: string): { task: PeerTask; expected: Expected } {
  const read = (name: string) =>
    new Float32Array(Deno.readFileSync(`${folder}/${name}.f32`).buffer as ArrayBuffer);
  const { loss, ...rest } = JSON.parse(Deno.readTextFileSync(`${folder}/task.json`));
  const task = { ...rest, weights: read("weights"), input: read("input") } as PeerTask;
  return { task, expected: loss ?? read("output") };
}
