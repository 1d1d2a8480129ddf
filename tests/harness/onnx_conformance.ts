/** One folder of the ONNX project's tests of operators, judged. */

import { decodeArray, type OnnxArray } from "../../core/formats/onnx/array.ts";
import { decodeOnnxGraph, type OnnxGraph } from "../../core/formats/onnx/proto.ts";
import { evaluateOnnx } from "../../core/exchange/onnx/evaluate.ts";

/** What the ONNX project compares with. */
const RELATIVE = 1e-3, ABSOLUTE = 1e-7;

/** Operators on quantised numbers, sequences and control flow. */
const OUT_OF_SCOPE =
  /^(Q|.*[Qq]uantize|.*Integer$|Sequence|SplitToSequence|ConcatFromSequence|Optional|If$|Loop$|Scan$)/;

/** Types of numbers of fewer than 8 bits, of 8-bit floats, texts and complex numbers. */
const OUT_OF_SCOPE_TYPE = /numbers of type \d+ are not read/;

/** Pictures in WebP, TIFF and JPEG 2000. */
const OUT_OF_SCOPE_PICTURE = /as a picture: it is neither/;

/** A file of a tensor. */
function readArray(path: string): OnnxArray {
  return decodeArray(Deno.readFileSync(path));
}

function filesOf(folder: string, prefix: string): string[] {
  const number = (name: string) => Number(/\d+/.exec(name)?.[0]);
  return [...Deno.readDirSync(folder)].map(({ name }) => name)
    .filter((name) => name.startsWith(prefix)).sort((a, b) => number(a) - number(b));
}

/** How two arrays differ; null where they do not. */
export function difference(got: OnnxArray, wanted: OnnxArray): string | null {
  if (got.shape.join() !== wanted.shape.join()) {
    return `shape [${got.shape}], not [${wanted.shape}]`;
  }
  if (got.type !== wanted.type) return `${got.type}, not ${wanted.type}`;
  const { data } = wanted, narrow = wanted.type.endsWith("float16");
  const relative = wanted.type === "bfloat16" ? 1e-2 : RELATIVE,
    absolute = narrow ? 1e-5 : ABSOLUTE;
  for (let i = 0; i < data.length; i++) {
    const a = got.data[i], b = data[i];
    if (Object.is(a, b) || a === b) continue;
    if (!(Math.abs(a - b) <= absolute + relative * Math.abs(b))) return `${a}, not ${b}, at ${i}`;
  }
  return null;
}

/** What is wrong with a folder's test; null where it passes; begins with SKIPPED where it is no task. */
export function judgeFolder(folder: string): string | null {
  let graph: OnnxGraph;
  try {
    graph = decodeOnnxGraph(Deno.readFileSync(`${folder}/model.onnx`));
    const beyond = graph.nodes.find(({ op }) => OUT_OF_SCOPE.test(op));
    if (beyond) return `SKIPPED ${beyond.op}`;
    for (const set of filesOf(folder, "test_data_set_")) {
      const read = (prefix: string) =>
        filesOf(`${folder}/${set}`, prefix).map((file) => readArray(`${folder}/${set}/${file}`));
      const inputs = read("input_"), wanted = read("output_");
      const feeds = new Map(graph.inputs.map(({ name }, i) => [name, inputs[i]]));
      const got = evaluateOnnx(graph, feeds);
      const wrong = wanted.map((array, i) => difference(got[i], array)).find((w) => w !== null);
      if (wrong !== undefined) return `FAILED ${wrong}`;
    }
  } catch (error) {
    const { message, name, stack } = error as Error;
    if (OUT_OF_SCOPE_TYPE.test(message) || OUT_OF_SCOPE_PICTURE.test(message)) {
      return `SKIPPED ${message}`;
    }
    return `FAILED ${name === "DeconvError" ? message : stack}`;
  }
  return null;
}
