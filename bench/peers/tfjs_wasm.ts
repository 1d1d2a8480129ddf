import { load, titleOf } from "./packages.ts";
import type { PreparePeer } from "./peer.ts";
import { tfRunner } from "./tfjs.ts";

/** As much of the package as is used here. */
interface WasmBackend {
  setThreadsCount(threads: number): void;
  getThreadsCount(): number;
}

/** TensorFlow.js on its WebAssembly kernels. */
export const prepare: PreparePeer = async (task) => {
  if (task.training) throw new Error("Conv2DBackpropFilter is missing");
  const backend = await load<WasmBackend>("@tensorflow/tfjs-backend-wasm");
  backend.setThreadsCount(task.threads);
  const runner = await tfRunner(task, "wasm", "");
  // Outside browsers the package starts its build without threads, whatever was asked for.
  const threads = typeof document === "undefined" ? 1 : backend.getThreadsCount();
  return { ...runner, note: `${titleOf("@tensorflow/tfjs-backend-wasm")}, ${threads} thread(s)` };
};
