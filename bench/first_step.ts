/**
 * A program that trains one step of the article's network and ends: started by `process.ts` to see
 * what a cold start and a step's memory cost. Its arguments are the number of threads and the mode. It prints two
 * lines: one as soon as the step is done, and a record of its memory (`StepMemory`) as JSON.
 *
 * @module
 */

/** What the step's process took, in bytes. */
export interface StepMemory {
  /** Resident at most, everything included; null where the system does not tell. */
  peak: number | null;
  /** Resident before anything of deconv was loaded: Deno itself; null where the system does not tell. */
  before: number | null;
  /** The plan: activations, gradients and saved values, sharing memory by lifetime. */
  plan: number;
  /** All activations, each counted once, without gradients. */
  activations: number;
  /** The highest address of the arena: plan, parameters, optimizer, and the kernels' workspace. */
  arena: number;
}

/** A figure of /proc/self/status in bytes, where there is one. */
function status(field: string): number | null {
  try {
    const text = Deno.readTextFileSync("/proc/self/status");
    const match = new RegExp(`^${field}:\\s+(\\d+) kB`, "m").exec(text);
    return match ? Number(match[1]) * 1024 : null;
  } catch {
    return null;
  }
}

if (import.meta.main) {
  const before = status("VmRSS");
  // Imported late, so that the memory of Deno alone is known.
  const { preset, setArithmetic, setThreads } = await import("../mod.ts");
  const { pictures } = await import("./networks.ts");
  if (Deno.args[1] === "strict") setArithmetic("strict");
  setThreads(Number(Deno.args[0]));
  const { build, loss, batchSize } = preset("article-cnn");
  const net = build({ seed: 1 });
  net.compile({ optimizer: "adam", loss });
  const x = pictures(batchSize, net.inputShape);
  net.trainOnBatch(x, x);
  console.log("step");

  const peak = status("VmHWM");
  const { Plan } = await import("../core/plan.ts");
  const { runtime } = await import("../core/wasm/runtime.ts");
  const arena = runtime().arena.top;
  const plan = new Plan(net.graph, { batch: batchSize, gradients: true });
  const activations = plan.values.reduce((sum, { data }) => sum + data.length * 4, 0);
  const memory: StepMemory = { peak, before, plan: plan.bytes, activations, arena };
  console.log(JSON.stringify(memory));
}
