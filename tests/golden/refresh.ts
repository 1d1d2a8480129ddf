/**
 * Copies the small oracle cases that tests/golden keeps, so that tests pass without ../shared.
 *
 * `deno run --allow-read --allow-write=tests/golden tests/golden/refresh.ts && deno fmt tests/golden`
 */

import {
  type GoldenFile,
  type GoldenTensor,
  type OracleTensor,
  readOracle,
} from "../harness/oracle.ts";

const SOURCE = "PyTorch 1.13 float64, computed by the project's oracle and stored as float32; NHWC";

/** Which steps of an optimizer's trajectory are kept. */
const KEPT_STEPS = [1, 2, 3, 10, 30];

/** For each file, the cases to keep. */
const KEPT: Record<string, (name: string) => boolean> = {
  attributions: () => true,
  conv2d: (name) => /\/(000|008|009|012|013)\//.test(name),
  conv2d_transpose: (name) => /\/(006|009)\//.test(name),
  conv2d_transpose_same: (name) => /\/(003|004)\//.test(name),
  layers: (name) => name.startsWith("activation/") || name === "dense/000/",
  losses: () => true,
  optimizers: () => true,
};

function golden({ shape, data }: OracleTensor): GoldenTensor {
  // Nine digits tell any two float32 apart; most need fewer.
  const shortest = (value: number) => {
    for (let digits = 1; digits < 9; digits++) {
      const text = String(Number(value.toPrecision(digits)));
      if (Math.fround(Number(text)) === value) return text;
    }
    return String(Number(value.toPrecision(9)));
  };
  return { shape, data: Array.from(data, shortest).join(" ") };
}

/** The first `rows` rows of a tensor. */
function firstRows({ shape, data }: OracleTensor, rows: number): OracleTensor {
  const width = data.length / shape[0];
  return { shape: [rows, ...shape.slice(1)], data: data.slice(0, rows * width) };
}

/** The given rows, counted from 1, of a tensor. */
function someRows({ shape, data }: OracleTensor, rows: readonly number[]): OracleTensor {
  const width = data.length / shape[0];
  const picked = rows.flatMap((row) => [...data.slice((row - 1) * width, row * width)]);
  return { shape: [rows.length, ...shape.slice(1)], data: Float32Array.from(picked) };
}

for (const [file, keep] of Object.entries(KEPT)) {
  const shared: Record<string, GoldenTensor> = {};
  const cases = readOracle(file).filter(({ name }) => keep(name)).map(
    ({ settings, tensors, name }) => {
      const kept: Record<string, GoldenTensor> = {};
      for (const [key, tensor] of Object.entries(tensors)) {
        if (key.includes("/") && file === "optimizers") shared[key] = golden(tensor);
        else if (key === "trajectory") kept[key] = golden(someRows(tensor, KEPT_STEPS));
        else if (name.startsWith("activation/")) kept[key] = golden(firstRows(tensor, 1));
        else kept[key] = golden(tensor);
      }
      const steps = file === "optimizers" ? { kept_steps: KEPT_STEPS } : {};
      return { ...settings, ...steps, case: name, tensors: kept };
    },
  );
  const content: GoldenFile = file === "optimizers"
    ? { source: SOURCE, shared, cases }
    : { source: SOURCE, cases };
  const text = JSON.stringify(content, null, 2)
    .replace(/\[[\d\s,.-]*\]/g, (list) => list.replace(/\s+/g, " "));
  Deno.writeTextFileSync(new URL(`${file}.json`, import.meta.url), text);
}
