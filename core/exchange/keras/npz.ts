/**
 * Weights of a `.keras` file in `model.weights.npz`: for each layer a pickle of a dictionary of arrays by their
 * place (`NpzIOStore` in keras/src/saving/saving_lib.py). Keras 3.12 and later no longer load such files, for
 * pickles can run anything; here they are looked at, and nothing is run.
 */
import { DeconvError } from "../../errors.ts";
import { decodeNpy, npyTensor } from "../../formats/npy.ts";
import {
  PickleGlobal,
  PickleObject,
  type PickleReader,
  type PickleValue,
  readPickle,
} from "../../formats/pickle.ts";
import { readZip } from "../../formats/zip.ts";
import type { Shape, Tensor } from "../../tensor.ts";

/** Weights by the paths of their layers. */
export interface NpzWeights {
  /** A weight of a layer; undefined where there is no such. */
  find(path: string, position: number): Tensor | undefined;
  /** What they are, by `path/vars/position`. */
  list(): { name: string; dtype: string; shape: Shape }[];
}

/** What something in a pickle was made of. It is not made. */
interface Made {
  readonly name: string;
  readonly args: readonly PickleValue[];
  state?: PickleValue;
}

const READER: PickleReader = {
  call: (name, args) => new PickleObject({ name, args } as Made),
  build: (object, state) => {
    if (object instanceof PickleObject) (object.value as Made).state = state;
  },
  persistent: () => refuse("it refers to something outside of it"),
};

function refuse(fault: string): never {
  throw new DeconvError(`its model.weights.npz cannot be read: ${fault}`);
}

/** Opens a file of weights; a layer's are read when they are asked for. */
export function openKerasNpz(bytes: Uint8Array): NpzWeights {
  const entries = new Map(readZip(bytes, "its model.weights.npz").map((e) => [e.name, e]));
  const read = new Map<string, ReadonlyMap<string, PickleValue>>();
  const layer = (path: string): ReadonlyMap<string, PickleValue> => {
    const entry = entries.get(`${path}.npy`), known = read.get(path);
    const values = known ?? (entry ? dictionary(entry.bytes()) : new Map());
    read.set(path, values);
    return values;
  };
  return {
    find(path, position) {
      const value = layer(path).get(`${position}`);
      return value === undefined ? undefined : tensorOf(value);
    },
    list: () =>
      [...entries.keys()].filter((name) => name !== "__root__.npy").flatMap((name) => {
        const path = name.replace(/\.npy$/, "");
        return [...layer(path)].map(([key, value]) => {
          const { dtype, shape } = arrayOf(value);
          return { name: `${path}/vars/${key}`, dtype: dtype.slice(1), shape };
        });
      }),
  };
}

/** An array without axes, of one object: a dictionary of arrays. */
function dictionary(bytes: Uint8Array): Map<string, PickleValue> {
  const header = new TextDecoder("latin1").decode(bytes.slice(0, 4096));
  const start = header.indexOf("\n") + 1;
  if (!/'descr'\s*:\s*'\|O'/.test(header.slice(0, start))) refuse("it holds no pickles");
  const { value } = readPickle(bytes, READER, start), [, , , , objects] = stateOf(value);
  const [map] = Array.isArray(objects) ? objects : [];
  if (!(map instanceof Map)) return refuse("a layer's weights are no dictionary");
  return new Map([...map].map(([key, array]) => [String(key), array]));
}

/** The state that NumPy gives an array: version, shape, type, column-major or not, contents. */
function stateOf(value: PickleValue | undefined): PickleValue[] {
  const { name, state } = made(value);
  if (/^numpy\.(_?core)\.multiarray\._reconstruct$/.test(name) && Array.isArray(state)) {
    return state;
  }
  return refuse(`a weight is a ${name}, and arrays of NumPy and JAX are known`);
}

function made(value: PickleValue | undefined): Made {
  if (value instanceof PickleObject) return value.value as Made;
  return refuse(
    `it holds a ${value instanceof PickleGlobal ? value.name : typeof value} for a weight`,
  );
}

/** An array as NumPy has it in memory. */
interface RawArray {
  /** Order of bytes, kind and width, such as `<f4`. */
  readonly dtype: string;
  readonly shape: Shape;
  readonly columnMajor: boolean;
  readonly data: Uint8Array;
}

function arrayOf(value: PickleValue): RawArray {
  const { name, args, state } = made(value);
  // A variable of Keras holds an array, and an array of JAX the state of one of NumPy.
  if (/^keras\..*Variable$/.test(name) && state instanceof Map) {
    return arrayOf(state.get("_value") ?? null);
  }
  const given = name === "jax._src.array._reconstruct_array" ? args[2] : stateOf(value);
  const [, shape, type, columns, data] = Array.isArray(given) ? given : [];
  const { args: [code], state: order } = made(type), [, sign] = Array.isArray(order) ? order : [];
  if (!Array.isArray(shape) || !(data instanceof Uint8Array)) return refuse("an array is damaged");
  const dtype = `${sign === ">" ? ">" : "<"}${code}`;
  return { dtype, shape: shape.map(Number), columnMajor: columns === true, data };
}

/** The numbers of an array, read as those of a `.npy` file. */
function tensorOf(value: PickleValue): Tensor {
  const { dtype, shape, columnMajor, data } = arrayOf(value);
  const order = columnMajor ? "True" : "False", sizes = shape.map((size) => `${size},`).join(" ");
  const header = new TextEncoder().encode(
    `{'descr': '${dtype}', 'fortran_order': ${order}, 'shape': (${sizes}), }\n`,
  );
  const file = new Uint8Array(10 + header.length + data.length);
  file.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, header.length & 255, header.length >> 8]);
  file.set(header, 10);
  file.set(data, 10 + header.length);
  return npyTensor(decodeNpy(file, "an array of its model.weights.npz"));
}
