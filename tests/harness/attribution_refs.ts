/**
 * Reading the reference attributions of single layers beside the repo (`../shared/data/attribution-refs`,
 * whose README says what they are), made by the iNNvestigate project: HDF5 files, one for a method.
 */

import { File, type Group, ready } from "h5wasm";
import {
  averagePool2d,
  conv2d,
  dense,
  flatten,
  type Layer,
  maxPool2d,
  type Model,
  sequential,
  type Tensor,
} from "../../mod.ts";

const FOLDER = new URL("../../../shared/data/attribution-refs/", import.meta.url);

/** One layer of a file: as a network that ends with a flatten, and what was made of it. */
export interface AttributionRef {
  /** Such as `Conv2D_relu`. */
  readonly name: string;
  /** The layer, with the file's weights. */
  readonly net: Model;
  /** The pictures, `[8, 10, 10, 3]`. */
  readonly input: Tensor;
  /** What the network makes of them, `[8, units]`. */
  readonly output: Tensor;
  /** The attribution of each picture's largest output. */
  readonly attribution: Tensor;
}

/** Whether the folder is there and may be read. */
export function attributionRefsPresent(): boolean {
  try {
    // Asked first, because reading without the permission would stop a terminal with a question.
    const read = Deno.permissions.querySync({ name: "read", path: FOLDER });
    return read.state === "granted" && Deno.statSync(FOLDER).isDirectory;
  } catch {
    return false;
  }
}

const pool = { poolSize: 2 };
const conv = { name: "layer", filters: 5, kernelSize: 3 };

/** The layers by the names they have in the files. */
const LAYERS: Readonly<Record<string, () => Layer>> = {
  Dense: () => dense({ name: "layer", units: 5 }),
  Dense_relu: () => dense({ name: "layer", units: 5, activation: "relu" }),
  Conv2D: () => conv2d(conv),
  Conv2D_relu: () => conv2d({ ...conv, activation: "relu" }),
  MaxPooling2D: () => maxPool2d(pool),
  AveragePooling2D: () => averagePool2d(pool),
};

/** All layers of a file, such as `Gradient` or `LRPZ`. */
export async function readAttributionRefs(method: string): Promise<AttributionRef[]> {
  const { FS } = await ready, path = `${method}.hdf5`;
  FS.writeFile(path, Deno.readFileSync(new URL(path, FOLDER)));
  const file = new File(path, "r");
  try {
    const read = (path: string): Tensor => {
      const found = file.get(path);
      if (!found || !("value" in found)) throw new Error(`${method}.hdf5 has no array ${path}`);
      return {
        shape: found.shape!,
        data: Float32Array.from(found.value as ArrayLike<number>),
      };
    };
    const input = read("input");
    return Object.entries(LAYERS).map(([name, layer]) => {
      const net = sequential([layer(), flatten()], { inputShape: input.shape.slice(1) });
      const weights = (file.get(`${name}/weights`) as Group).keys();
      if (weights.length !== net.parameters.length) {
        throw new Error(`${name} of ${method}.hdf5 has ${weights.length} weights`);
      }
      net.parameters.forEach((parameter, i) => {
        net.setWeights(parameter.name, read(`${name}/weights/${i}`));
      });
      const attribution = read(`${name}/attribution`), output = read(`${name}/output`);
      return { name, net, input, output, attribution };
    });
  } finally {
    file.close();
    FS.unlink(path);
  }
}
