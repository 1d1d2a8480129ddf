import { channelsFirst, channelsLast } from "./layout.ts";
import { onnxModel } from "./onnx_model.ts";
import type { PeerRunner, PeerTask } from "./peer.ts";

/** As much of onnxruntime-common as is used here. */
export interface Ort {
  readonly env: { readonly wasm: { numThreads?: number } };
  readonly InferenceSession: {
    create(model: Uint8Array, options: Record<string, unknown>): Promise<{
      run(feeds: Record<string, unknown>): Promise<Record<string, { data: Float32Array }>>;
    }>;
  };
  readonly Tensor: new (type: "float32", data: Float32Array, shape: readonly number[]) => unknown;
}

/** Runs a task in onnxruntime, whichever build of it. The pictures lie in its layout beforehand. */
export async function onnxRunner(
  ort: Ort,
  task: PeerTask,
  title: string,
  provider: "cpu" | "wasm",
): Promise<PeerRunner> {
  if (task.training) throw new Error("this package does not train");
  const { input: [height, width, channels], output } = task.network;
  const session = await ort.InferenceSession.create(onnxModel(task), {
    executionProviders: [provider],
    intraOpNumThreads: task.threads,
    graphOptimizationLevel: "all",
  });
  const shape = [task.batch, channels, height, width];
  const input = new ort.Tensor("float32", channelsFirst(task.input, task.network.input), shape);
  return {
    run: () => session.run({ input }),
    result: (ran) => channelsLast((ran as { output: { data: Float32Array } }).output.data, output),
    note: `${title}, ${task.threads} thread(s)`,
  };
}
