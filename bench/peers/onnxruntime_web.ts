import { onnxRunner, type Ort } from "./onnx_session.ts";
import { load, titleOf } from "./packages.ts";
import type { PreparePeer } from "./peer.ts";

/** onnxruntime compiled to WebAssembly, with threads. */
export const prepare: PreparePeer = async (task) => {
  const ort = await load<Ort>("onnxruntime-web");
  ort.env.wasm.numThreads = task.threads;
  return await onnxRunner(ort, task, titleOf("onnxruntime-web"), "wasm");
};
