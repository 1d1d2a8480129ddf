import type { Benchmark } from "./benchmark.ts";
import { currentMode, modeArguments } from "./mode.ts";
import type { StepMemory } from "./first_step.ts";

/** Name of the benchmark that starts a process. */
export const COLD_START = "article-cnn-cold-start";

/** Memory of the step by number of threads, as the processes report it. */
export type MemoryByThreads = Map<number, StepMemory>;

/** Runs first_step.ts: milliseconds from starting the process to the end of its step, and its memory. */
async function firstStep(threads: number): Promise<{ ms: number; memory: StepMemory }> {
  const script = new URL("first_step.ts", import.meta.url);
  const start = performance.now();
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "-A", ...modeArguments(), script.href, `${threads}`, currentMode()],
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  let ms: number | undefined, text = "";
  for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
    ms ??= performance.now() - start;
    text += chunk;
  }
  const { success } = await child.status;
  if (!success || ms === undefined) throw new Error("The process of a first step failed");
  return { ms, memory: JSON.parse(text.split("\n")[1]) };
}

/** From nothing to the first finished training step: the engine's start, the kernels' compilation, one step. */
export function coldStartBenchmark(memory: MemoryByThreads): Benchmark {
  return {
    name: COLD_START,
    group: "process",
    label: "start to first article-cnn step",
    flops: null,
    images: null,
    prepare: () => async (threads) => {
      const step = await firstStep(threads);
      memory.set(threads, step.memory);
      return step.ms;
    },
  };
}
