import { convFlops } from "../core/geometry.ts";
import { type Benchmark, repeated } from "./benchmark.ts";
import { type Pass, PASSES, passRunner } from "./passes.ts";
import { readShapes, SHAPE_LISTS, type ShapeLine } from "./shapes.ts";

/** One pass of one line of a shape list. */
function passBenchmark({ geometry, op, list, text }: ShapeLine, pass: Pass): Benchmark {
  return {
    name: `${list}/${op}/${text}/${pass}`,
    group: `${list}: ${op} ${text}`,
    label: pass,
    flops: convFlops(geometry),
    images: null,
    prepare: () => repeated(passRunner(op, geometry, pass)),
  };
}

/** Every pass of every line of every shape list. */
export function convolutionBenchmarks(): Benchmark[] {
  return SHAPE_LISTS.flatMap(readShapes).flatMap((line) =>
    PASSES.map((pass) => passBenchmark(line, pass))
  );
}
