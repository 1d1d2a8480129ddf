/**
 * Compares exported models with onnxruntime-node: `deno task onnxruntime`.
 *
 * Every preset and every case of every layer's table is written as ONNX and run there, and read back
 * and run here. It is no part of the tests because it fetches a package of 100 MB. The last line is
 * `N passed, N failed, N refused`.
 */

import type { Ort } from "../bench/peers/onnx_session.ts";
import { load } from "../bench/peers/packages.ts";
import { decodeOnnx, encodeOnnx, type Model, preset, PRESET_NAMES, type Tensor } from "../mod.ts";
import {
  channelsFirst,
  channelsLastOf,
  layerModels,
  sampleInputs,
  type Subject,
  worst,
} from "./harness/onnx_export.ts";

/** What may differ, of values about 1. */
const TOLERANCE = 1e-4;

const { InferenceSession, Tensor: OrtTensor } = await load<Ort>("onnxruntime-node");

/** What is wrong with a model's export; null where nothing is. */
async function judge(model: Model, inputs: readonly Tensor[]): Promise<string | null> {
  model.precision = "precise";
  const bytes = encodeOnnx(model), wanted = model.predictAll(inputs);
  const session = await InferenceSession.create(bytes, { logSeverityLevel: 3 });
  const names = model.graph.inputNames;
  const feeds = Object.fromEntries(inputs.map((x, i) => {
    const { shape, data } = channelsFirst(x);
    return [names[i], new OrtTensor("float32", data, shape)];
  }));
  const got = Object.values(await session.run(feeds));
  const there = wanted.map(({ shape, data }, i) => worst(channelsLastOf(got[i].data, shape), data));
  const { model: read, inputs: taken } = decodeOnnx(bytes);
  read.precision = "precise";
  // What nothing depends on is left out.
  const back = read.predictAll(taken.map((name) => inputs[names.indexOf(name)]))
    .map(({ data }, i) => worst(data, wanted[i].data));
  const most = Math.max(...there), returned = Math.max(...back);
  if (!(most <= TOLERANCE)) return `differs by ${most} in onnxruntime`;
  return returned <= TOLERANCE ? null : `differs by ${returned} when read back`;
}

let passed = 0, failed = 0, refused = 0;
const presets = PRESET_NAMES.map((name): Subject => [name, () => {
  // Of maxima that differ by rounding alone another may be taken there: with this seed there are none.
  const model = preset(name).build({ seed: 2 });
  return { model, inputs: sampleInputs(model) };
}]);
for (const [name, make] of [...presets, ...await layerModels()]) {
  try {
    const { model, inputs } = make(), fault = await judge(model, inputs);
    if (fault === null) passed++;
    else {
      failed++;
      console.log(`FAILED ${name}: ${fault}`);
    }
  } catch (error) {
    const { message, stack } = error as Error;
    // The standard has windows of an even number of channels, and onnxruntime has none.
    if (/^Cannot write|size_ % 2 == 1 was false/.test(message)) {
      refused++;
      console.log(`refused ${name}: ${message}`);
    } else {
      failed++;
      console.log(
        `FAILED ${name}: ${
          (error as Error).name === "DeconvError"
            ? message
            : stack?.split("\n").slice(0, 4).join(" ")
        }`,
      );
    }
  }
}
console.log(`${passed} passed, ${failed} failed, ${refused} refused`);
Deno.exit(failed ? 1 : 0);
