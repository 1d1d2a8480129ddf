import { onnxRunner, type Ort } from "./onnx_session.ts";
import { load, titleOf } from "./packages.ts";
import type { PreparePeer } from "./peer.ts";

/** The native onnxruntime, from npm. */
export const prepare: PreparePeer = async (task) =>
  await onnxRunner(await load<Ort>("onnxruntime-node"), task, titleOf("onnxruntime-node"), "cpu");
