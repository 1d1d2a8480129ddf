/**
 * Files of PyTorch's `torch.save`: a zip file of a pickle and of storages, or, before version 1.6, several
 * pickles and the storages one behind the other. Only tensors in dictionaries and lists are read, and
 * nothing is run.
 */
import { DeconvError } from "../errors.ts";
import { type Shape, sizeOf, type Tensor } from "../tensor.ts";
import { floatBitsOfHalf } from "./float16.ts";
import {
  PickleGlobal,
  PickleObject,
  type PickleReader,
  type PickleValue,
  readPickle,
} from "./pickle.ts";
import { whole } from "./partial.ts";
import { isZip, MOST_SAID, readZip } from "./zip.ts";

/** A tensor of a file of PyTorch, as float32. */
export interface PyTorchTensor extends Tensor {
  /** The type it has in the file: `float32`, `int64` … Numbers beyond 2^24 lose digits. */
  readonly dtype: string;
}

type Get = (view: DataView, at: number, little: boolean) => number;

const half = new Uint32Array(1), float = new Float32Array(half.buffer);
const ofBits = (bits: number) => {
  half[0] = bits;
  return float[0];
};

/** By the name of a storage: the type of its numbers, their bytes, and how one is read. */
const STORAGES: Readonly<Record<string, readonly [string, number, Get]>> = {
  FloatStorage: ["float32", 4, (view, at, little) => view.getFloat32(at, little)],
  DoubleStorage: ["float64", 8, (view, at, little) => view.getFloat64(at, little)],
  HalfStorage: ["float16", 2, (view, at, l) => ofBits(floatBitsOfHalf(view.getUint16(at, l)))],
  BFloat16Storage: ["bfloat16", 2, (view, at, little) => ofBits(view.getUint16(at, little) << 16)],
  LongStorage: ["int64", 8, (view, at, little) => Number(view.getBigInt64(at, little))],
  IntStorage: ["int32", 4, (view, at, little) => view.getInt32(at, little)],
  ShortStorage: ["int16", 2, (view, at, little) => view.getInt16(at, little)],
  CharStorage: ["int8", 1, (view, at) => view.getInt8(at)],
  ByteStorage: ["uint8", 1, (view, at) => view.getUint8(at)],
  BoolStorage: ["bool", 1, (view, at) => view.getUint8(at) && 1],
};

/** Numbers one behind the other, which tensors are views of. */
interface Storage {
  readonly type: readonly [string, number, Get];
  /** Its key in the file. */
  readonly key: string;
  /** How many numbers. */
  readonly count: number;
  /** Where it begins in a storage it is a part of. */
  readonly offset: number;
}

/** A tensor that has not been read. */
interface View {
  readonly storage: Storage;
  readonly offset: number;
  readonly shape: Shape;
  readonly strides: readonly number[];
}

function refuse(fault: string): never {
  throw new DeconvError(`Cannot read tensors of PyTorch: ${fault}`);
}

const DAMAGED = "the file is cut short or damaged: get it again";

/** Whether bytes begin like a file of PyTorch before version 1.6. */
export function isLegacyPyTorch(bytes: Uint8Array): boolean {
  return bytes[0] === 0x80 && bytes[1] === 2 && bytes[2] === 0x8a && bytes[3] === 10;
}

/**
 * Reads the tensors of a file that `torch.save` wrote, of a `state_dict` or a checkpoint, by their names;
 * of dictionaries in dictionaries the names are joined by dots. Nothing in the file is run: what wants a
 * class or function other than those of tensors is refused.
 *
 * @throws {DeconvError} When it is damaged, or holds a whole module or anything else that is not plain
 * data.
 *
 * @example
 * ```ts ignore
 * import { conv2d, decodePyTorch, loadWeights, sequential } from "@deconv/deconv";
 * const net = sequential([conv2d({ name: "conv", filters: 8, kernelSize: 3, inputShape: [32, 32, 3] })]);
 * loadWeights(net, decodePyTorch(await Deno.readFile("conv.pt")));
 * ```
 */
export function decodePyTorch(bytes: Uint8Array): Map<string, PyTorchTensor> {
  return new Map(listPyTorch(bytes).map(({ name, read }) => [name, read()]));
}

/** A tensor that has been found and not read. */
export interface FoundTensor {
  /** Its name. */
  readonly name: string;
  /** The type of its numbers. */
  readonly dtype: string;
  /** Its sizes. */
  readonly shape: Shape;
  /** Reads it. */
  read(): PyTorchTensor;
}

/** The tensors of a file that `torch.save` wrote, of which none is read yet. */
export function listPyTorch(bytes: Uint8Array): FoundTensor[] {
  if (isZip(bytes)) return listZip(bytes);
  if (isLegacyPyTorch(bytes)) return listLegacy(whole(bytes));
  return refuse("it does not begin like a file of torch.save");
}

function listZip(bytes: Uint8Array): FoundTensor[] {
  const entries = new Map(readZip(bytes, "the file").map((entry) => [entry.name, entry]));
  const pickle = [...entries.keys()].find((name) => /(^|\/)data\.pkl$/.test(name));
  if (pickle === undefined) return refuse("it is a zip file without data.pkl");
  const folder = pickle.slice(0, -"data.pkl".length), order = entries.get(`${folder}byteorder`);
  const little = !order || new TextDecoder().decode(order.bytes(64).slice()) !== "big";
  const { value } = readPickle(entries.get(pickle)!.bytes(MOST_SAID), TENSORS);
  const storages = new Map<string, Uint8Array>();
  const total = [...entries.values()].reduce((sum, { size }) => sum + size, 0);
  return collect(value, total, little, ({ key }) => {
    const known = storages.get(key), entry = entries.get(`${folder}data/${key}`);
    if (known) return known;
    const stored = entry ? entry.bytes() : refuse(`it has no storage ${key.slice(0, 40)}`);
    storages.set(key, stored);
    return stored;
  });
}

/** Three pickles that say what it is, one of the tensors, one of keys; then the storages in their order. */
function listLegacy(bytes: Uint8Array): FoundTensor[] {
  const next = (from: number) => readPickle(bytes, TENSORS, from);
  const magic = next(0), protocol = next(magic.end), system = next(protocol.end);
  const little = !(system.value instanceof Map) || system.value.get("little_endian") !== false;
  const known = new Map<string, Storage>();
  const { value, end } = readPickle(bytes, {
    ...TENSORS,
    persistent: (id) => {
      const object = TENSORS.persistent(id), storage = (object as PickleObject).value as Storage;
      known.set(storage.key, storage);
      return object;
    },
  }, system.end);
  const keys = next(end), view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (!Array.isArray(keys.value)) return refuse(DAMAGED);
  const storages = new Map<string, Uint8Array>();
  let at = keys.end;
  for (const key of keys.value) {
    const storage = known.get(String(key));
    if (!storage || at + 8 > bytes.length) return refuse(DAMAGED);
    const count = Number(view.getBigInt64(at, little)), length = count * storage.type[1];
    at += 8;
    if (!(length >= 0 && at + length <= bytes.length)) refuse(DAMAGED);
    storages.set(storage.key, bytes.subarray(at, at + length));
    at += length;
  }
  return collect(value, bytes.length, little, ({ key }) => storages.get(key) ?? refuse(DAMAGED));
}

const isCount = (value: unknown): value is number =>
  Number.isSafeInteger(value) && value as number >= 0;
const counts = (value: PickleValue): number[] =>
  Array.isArray(value) && value.length <= 32 && value.every(isCount)
    ? value as number[]
    : refuse(DAMAGED);

/** What a state_dict may call: an ordered dictionary, a tensor and a parameter. */
const TENSORS: PickleReader = {
  call(name, args) {
    switch (name) {
      case "collections.OrderedDict":
      case "builtins.dict":
        return ordered(args);
      case "torch._utils._rebuild_tensor_v2":
      case "torch._utils._rebuild_tensor": {
        const [storage, offset, shape, strides] = args;
        if (!(storage instanceof PickleObject) || !isCount(offset)) return refuse(DAMAGED);
        return new PickleObject({
          storage: storage.value,
          offset,
          shape: counts(shape),
          strides: counts(strides),
        });
      }
      case "torch._utils._rebuild_parameter":
        return args[0];
      case "torch.Size":
        return args[0];
    }
    return refuse(
      `it wants ${
        name.slice(0, 80)
      }, and only tensors in dictionaries are read: save model.state_dict()`,
    );
  },
  persistent(id) {
    const [word, type, key, _device, count, part] = Array.isArray(id) ? id : [];
    const name = type instanceof PickleGlobal ? type.name.replace(/^torch\./, "") : "";
    if (word !== "storage" || !isCount(count)) return refuse(DAMAGED);
    if (!Object.hasOwn(STORAGES, name)) {
      return refuse(`its numbers are in a ${name}; there are ${Object.keys(STORAGES).join(", ")}`);
    }
    // Before version 1.6, a storage may be a part of another: [key, offset, count].
    const offset = Array.isArray(part) ? part[1] : 0;
    if (!isCount(offset)) return refuse(DAMAGED);
    return new PickleObject({ type: STORAGES[name], key: String(key), count, offset });
  },
};

/** A dictionary of a list of pairs. */
function ordered([pairs = []]: readonly PickleValue[]): PickleValue {
  if (pairs instanceof Map) return new Map(pairs);
  if (!Array.isArray(pairs)) return refuse(DAMAGED);
  return new Map(pairs.map((pair) => {
    return Array.isArray(pair) && pair.length === 2 ? [pair[0], pair[1]] : refuse(DAMAGED);
  }));
}

/** Finds all tensors in what was read. Numbers, texts and the rest are passed over. */
function collect(
  root: PickleValue,
  size: number,
  little: boolean,
  bytesOf: (storage: Storage) => Uint8Array,
): FoundTensor[] {
  const found: FoundTensor[] = [];
  let visits = 0, numbers = 0;
  const visit = (value: PickleValue, path: string, depth: number): void => {
    // A file may hold a dictionary in itself, or the same many times over.
    if (++visits > 1_000_000 || depth > 64) refuse("its dictionaries are nested without end");
    if (value instanceof PickleObject) {
      const view = value.value as View;
      if (!view.shape) return; // a storage by itself
      numbers += sizeOf(view.shape);
      if (!(numbers <= 4 * size)) refuse("its tensors want more numbers than the file has");
      const { shape, storage } = view, [dtype] = storage.type ?? refuse(DAMAGED);
      const read = () => readView(view, bytesOf(storage), little);
      found.push({ name: path, dtype, shape, read });
    } else if (value instanceof Map) {
      for (const [key, inner] of value) visit(inner, path ? `${path}.${key}` : `${key}`, depth + 1);
    } else if (Array.isArray(value)) {
      value.forEach((inner, i) => visit(inner, path ? `${path}.${i}` : `${i}`, depth + 1));
    }
  };
  visit(root, "", 0);
  return found;
}

/** A tensor's numbers, row-major whatever its strides are. */
function readView(
  { storage, offset, shape, strides }: View,
  bytes: Uint8Array,
  little: boolean,
): PyTorchTensor {
  const [dtype, width, get] = storage.type, count = sizeOf(shape);
  const last = shape.reduce((sum, length, axis) => sum + (length - 1) * strides[axis], 0);
  const first = storage.offset + offset;
  if (strides.length !== shape.length || count && !((first + last + 1) * width <= bytes.length)) {
    refuse(DAMAGED);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const data = new Float32Array(count), place = shape.map(() => 0);
  for (let i = 0, at = first; i < count; i++) {
    data[i] = get(view, at * width, little);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      at += strides[axis];
      if (++place[axis] < shape[axis]) break;
      at -= strides[axis] * shape[axis];
      place[axis] = 0;
    }
  }
  return { shape, data, dtype };
}
