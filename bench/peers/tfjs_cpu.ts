import { titleOf } from "./packages.ts";
import type { PreparePeer } from "./peer.ts";
import { tfRunner } from "./tfjs.ts";

/** TensorFlow.js in plain JavaScript. */
export const prepare: PreparePeer = async (task) =>
  await tfRunner(task, "cpu", `${titleOf("@tensorflow/tfjs")}, cpu backend, 1 thread`);
