/**
 * Runs the ONNX project's tests of operators: `deno task conformance DIR`.
 *
 * DIR holds folders with a model.onnx and test_data_set_N folders of input_N.pb and output_N.pb. What
 * differs is listed. Skipped is what the README names: whole and quantised numbers where layers know
 * floats only, sequences, control flow. The last line is `N passed, N failed, N skipped`.
 */

import { judgeFolder } from "./harness/onnx_conformance.ts";

function quit(message: string, code: number): never {
  console.error(message.replaceAll(/\s+/g, " "));
  Deno.exit(code);
}

if (Deno.args.length !== 1 || Deno.args[0].startsWith("-")) {
  quit("Usage: deno task conformance DIR (folders with model.onnx and test_data_set_0)", 2);
}
const [folder] = Deno.args;
let names: string[] = [];
try {
  const has = (name: string) => {
    try {
      return Deno.statSync(`${folder}/${name}/model.onnx`).isFile;
    } catch {
      return false;
    }
  };
  names = [...Deno.readDirSync(folder)].map(({ name }) => name).filter(has).sort();
} catch (error) {
  quit(`Cannot read the tests in "${folder}": ${(error as Error).message}`, 1);
}
if (!names.length) quit(`"${folder}" holds no folder with a model.onnx`, 1);
let passed = 0, failed = 0, skipped = 0;
for (const name of names) {
  const verdict = judgeFolder(`${folder}/${name}`);
  if (verdict === null) passed++;
  else if (verdict.startsWith("SKIPPED")) skipped++;
  else failed++;
  if (verdict !== null) console.log(`${name}: ${verdict}`);
}
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
Deno.exit(failed ? 1 : 0);
