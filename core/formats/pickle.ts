/**
 * A reader of Python's pickles (PEP 307, 3154; Lib/pickletools.py) that runs nothing: it makes numbers, texts,
 * lists and dictionaries, and gives whoever reads the names of functions and their arguments to look at.
 */
import { DeconvError } from "../errors.ts";

/** What a pickle is made of: dictionaries are `Map`s, lists and tuples are arrays. */
export type PickleValue =
  | number
  | string
  | boolean
  | null
  | Uint8Array
  | PickleValue[]
  | Map<PickleValue, PickleValue>
  | PickleGlobal
  | PickleObject;

/** The name of a function or class: `torch.FloatStorage`. It is never looked up. */
export class PickleGlobal {
  /** Module and name. */
  constructor(readonly name: string) {}
}

/** Something that the reader of the pickle made. */
export class PickleObject {
  /** What it is. */
  constructor(readonly value: unknown) {}
}

/** What a reader does with calls and with what lies outside the pickle. */
export interface PickleReader {
  /** The result of calling a function; throws for what it does not know. */
  call(name: string, args: readonly PickleValue[]): PickleValue;
  /** Hears of the state that an object made by a call is given; default: it is passed over. */
  build?(object: PickleValue, state: PickleValue): void;
  /** What an id that is not of the pickle stands for. */
  persistent(id: PickleValue): PickleValue;
}

/** More steps than any state_dict needs. */
const MOST_STEPS = 10_000_000;

function refuse(fault: string): never {
  throw new DeconvError(`Cannot read pickle: ${fault}`);
}

const MARK = Symbol("mark");
type Slot = PickleValue | typeof MARK;

/**
 * Reads one pickle of protocol 2 to 5.
 *
 * @param from Where it begins.
 * @returns The value, and where the pickle ends.
 * @throws {DeconvError} When it is damaged, or wants a function called that `reader` does not know.
 */
export function readPickle(
  bytes: Uint8Array,
  reader: PickleReader,
  from = 0,
): { value: PickleValue; end: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const stack: Slot[] = [], memo = new Map<number, PickleValue>();
  let at = from;
  const damaged = "it is cut short or damaged: get the file again";
  const take = (count: number): number => {
    if (!(count >= 0 && at + count <= bytes.length)) refuse(damaged);
    at += count;
    return at - count;
  };
  const pop = (): PickleValue => {
    const value = stack.pop();
    if (value === undefined || value === MARK) return refuse(damaged);
    return value;
  };
  const top = (): PickleValue => {
    const value = pop();
    stack.push(value);
    return value;
  };
  const popMarked = (): PickleValue[] => {
    const mark = stack.lastIndexOf(MARK);
    if (mark < 0) refuse(damaged);
    const values = stack.splice(mark).slice(1);
    return values as PickleValue[];
  };
  const popTuple = (count: number) => {
    const values: PickleValue[] = [];
    for (let i = 0; i < count; i++) values.unshift(pop());
    stack.push(values);
  };
  const text = (length: number): string => {
    const start = take(length);
    return new TextDecoder().decode(bytes.slice(start, start + length));
  };
  const line = (): string => {
    const start = at;
    while (bytes[at] !== 10) take(1);
    at++;
    return new TextDecoder().decode(bytes.slice(start, at - 1));
  };
  const long = (length: number): number => {
    if (length > 16) refuse("it holds a number of more than 16 bytes");
    const start = take(length);
    let value = 0n;
    for (let i = length - 1; i >= 0; i--) value = value << 8n | BigInt(bytes[start + i]);
    return Number(length ? BigInt.asIntN(8 * length, value) : 0n);
  };
  const wide = () => {
    const start = take(8);
    return view.getUint32(start, true) + view.getUint32(start + 4, true) * 2 ** 32;
  };
  const uint8 = () => bytes[take(1)], uint32 = () => view.getUint32(take(4), true);
  const stored = (length: number) => {
    const start = take(length);
    return bytes.slice(start, start + length);
  };
  const setItems = (items: readonly PickleValue[]) => {
    const into = top();
    if (!(into instanceof Map) || items.length % 2) return refuse(damaged);
    for (let i = 0; i < items.length; i += 2) into.set(items[i], items[i + 1]);
  };
  const append = (items: readonly PickleValue[]) => {
    const into = top();
    if (!Array.isArray(into)) return refuse(damaged);
    for (const item of items) into.push(item);
  };
  const recall = (index: number) => {
    const value = memo.get(index);
    stack.push(value === undefined ? refuse(damaged) : value);
  };
  const call = (callee: PickleValue, args: PickleValue): PickleValue => {
    if (!(callee instanceof PickleGlobal) || !Array.isArray(args)) return refuse(damaged);
    return reader.call(callee.name, args);
  };
  /** What each instruction does, by its byte. */
  const operations: Readonly<Record<number, () => unknown>> = {
    0x80: () => uint8() > 5 && refuse("its protocol is newer than 5"),
    0x95: () => wide(), // a frame
    0x28: () => stack.push(MARK),
    0x30: () => stack.pop(),
    0x31: () => popMarked(),
    0x32: () => stack.push(top()),
    0x4e: () => stack.push(null),
    0x88: () => stack.push(true),
    0x89: () => stack.push(false),
    0x4a: () => stack.push(view.getInt32(take(4), true)),
    0x4b: () => stack.push(uint8()),
    0x4d: () => stack.push(view.getUint16(take(2), true)),
    0x8a: () => stack.push(long(uint8())),
    0x8b: () => stack.push(long(uint32())),
    0x47: () => stack.push(view.getFloat64(take(8))),
    0x58: () => stack.push(text(uint32())),
    0x8c: () => stack.push(text(uint8())),
    0x8d: () => stack.push(text(wide())),
    0x54: () => stack.push(text(uint32())),
    0x55: () => stack.push(text(uint8())),
    0x42: () => stack.push(stored(uint32())),
    0x43: () => stack.push(stored(uint8())),
    0x5d: () => stack.push([]),
    0x29: () => stack.push([]),
    0x7d: () => stack.push(new Map()),
    0x8f: () => stack.push([]),
    0x74: () => stack.push(popMarked()),
    0x85: () => popTuple(1),
    0x86: () => popTuple(2),
    0x87: () => popTuple(3),
    0x61: () => append([pop()]),
    0x65: () => append(popMarked()),
    0x90: () => append(popMarked()),
    0x73: () => {
      const value = pop();
      setItems([pop(), value]);
    },
    0x75: () => setItems(popMarked()),
    0x71: () => memo.set(uint8(), top()),
    0x72: () => memo.set(uint32(), top()),
    0x94: () => memo.set(memo.size, top()),
    0x68: () => recall(uint8()),
    0x6a: () => recall(uint32()),
    0x63: () => {
      const module = line();
      stack.push(new PickleGlobal(`${module}.${line()}`));
    },
    0x93: () => {
      const name = pop(), module = pop();
      if (typeof name !== "string" || typeof module !== "string") refuse(damaged);
      stack.push(new PickleGlobal(`${module}.${name}`));
    },
    0x52: () => {
      const args = pop();
      stack.push(call(pop(), args));
    },
    0x81: () => {
      const args = pop();
      stack.push(call(pop(), args));
    },
    0x62: () => {
      const state = pop();
      reader.build?.(top(), state);
    },
    0x51: () => stack.push(reader.persistent(pop())),
  };
  for (let steps = 0; steps < MOST_STEPS; steps++) {
    const code = uint8();
    if (code === 0x2e) return { value: pop(), end: at };
    const operation = Object.hasOwn(operations, code) ? operations[code] : undefined;
    if (!operation) {
      return refuse(`it has the instruction 0x${code.toString(16)}, which is not known`);
    }
    operation();
  }
  return refuse("it goes on without end");
}
