/** Feeds a reader what nobody wrote: real files with changes at random, and bytes without any meaning. */

import assert from "node:assert/strict";
import fc from "fast-check";
import { DeconvError } from "../../mod.ts";
import { allocated } from "./allocations.ts";

/** A reader of files, and files that it reads. */
export interface Reader {
  /** The format. */
  readonly name: string;
  /** Whole files, small ones. */
  readonly samples: readonly Uint8Array[];
  /** Reads a file, all that is in it. */
  read(bytes: Uint8Array<ArrayBuffer>): unknown;
  /** Fails where what was read cannot be what the bytes say. */
  check(result: unknown, bytes: Uint8Array, samples: readonly Uint8Array[]): void;
  /** Bytes that may be allocated for a file of one byte; default 64. */
  readonly growth?: number;
  /** How a message about a file may begin. */
  readonly refuses?: RegExp;
}

/** One change to a file. Places and lengths are parts of its length, 0 … 1. */
interface Change {
  kind: "bit" | "byte" | "number" | "cut" | "remove" | "repeat" | "insert" | "splice" | "digit";
  at: number;
  length: number;
  value: number;
}

/** Numbers at which readers stumble. */
const NUMBERS = [
  ...[0, 1, 2, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0x8000, 0xffff, 0x10000, 0x7fffffff, 0x80000000],
  ...[0xfffffffe, 0xffffffff],
];

const KINDS: readonly Change["kind"][] = [
  ...["bit", "bit", "byte", "byte", "number", "number", "cut", "remove", "repeat"] as const,
  ...["insert", "splice", "digit", "digit"] as const,
];

const part = fc.nat(2 ** 30 - 1).map((at) => at / 2 ** 30);

const change: fc.Arbitrary<Change> = fc.record({
  kind: fc.constantFrom(...KINDS),
  at: fc.oneof(part, part.map((at) => at * at * at)), // headers more often
  length: part.map((length) => length ** 4),
  value: fc.nat(0xffff),
});

/** The bytes with a change made to them. */
function changed(bytes: Uint8Array, { kind, at, length, value }: Change, other: Uint8Array) {
  const from = Math.floor(at * bytes.length);
  const to = Math.min(bytes.length, from + 1 + Math.floor(length * bytes.length));
  const join = (...parts: (Uint8Array | number[])[]) =>
    Uint8Array.from(parts.flatMap((p) => [...p]));
  const copy = Uint8Array.from(bytes);
  if (kind === "bit") copy[from] ^= 1 << value % 8;
  if (kind === "byte") copy[from] = value;
  if (kind === "number") {
    const number = NUMBERS[value % NUMBERS.length], width = [1, 2, 4, 8][(value >> 4) % 4];
    const little = Array.from({ length: width }, (_, i) => i < 4 ? number >>> 8 * i & 255 : 0);
    const digits = value & 0x8000 ? little : little.toReversed();
    digits.forEach((digit, i) => from + i < copy.length && (copy[from + i] = digit));
  }
  if (kind === "digit") {
    // Headers in text: another digit, or more of them.
    const place = bytes.findIndex((byte, i) => i >= from && byte >= 48 && byte <= 57);
    if (place < 0) return copy;
    const more = value % 3 ? [48 + value % 10] : Array(value % 20).fill(57);
    return join(bytes.subarray(0, place), more, bytes.subarray(place + 1));
  }
  if (kind === "cut") return copy.subarray(0, from);
  if (kind === "remove") return join(bytes.subarray(0, from), bytes.subarray(to));
  if (kind === "repeat") return join(bytes.subarray(0, to), bytes.subarray(from));
  if (kind === "insert") {
    const bytesIn = Array.from({ length: 1 + value % 9 }, (_, i) => value * (i + 1) >> 3 & 255);
    return join(bytes.subarray(0, from), bytesIn, bytes.subarray(from));
  }
  if (kind === "splice") {
    return join(bytes.subarray(0, from), other.subarray(Math.floor(at * other.length)));
  }
  return copy;
}

/** Inputs for a reader. */
function inputs({ samples }: Reader): fc.Arbitrary<Uint8Array<ArrayBuffer>> {
  const sample = fc.nat(samples.length - 1);
  const mutated = fc.record({
    sample,
    other: sample,
    changes: fc.array(change, { minLength: 1, maxLength: 4 }),
  })
    .map(({ sample, other, changes }) =>
      Uint8Array.from(changes.reduce<Uint8Array>(
        (bytes, each) => changed(bytes, each, samples[other]),
        samples[sample],
      ))
    );
  const meaningless = fc.record({
    bytes: fc.uint8Array({ maxLength: 300 }),
    sample,
    keep: fc.nat(20),
  })
    .map(({ bytes, sample, keep }) => {
      const whole = Uint8Array.from(bytes);
      whole.set(samples[sample].subarray(0, Math.min(keep, whole.length)));
      return whole;
    });
  return fc.oneof({ arbitrary: mutated, weight: 9 }, { arbitrary: meaningless, weight: 1 });
}

/** Bytes that any reading may allocate: text decoders, tables, models' buffers. */
const FREE = 2 ** 23;

/** How long (ms) a reading may take before it counts as one that hangs, on a machine with much to do. */
const PATIENCE = 30_000;

/** How the inputs fared. */
export interface Fared {
  read: number;
  refused: number;
}

/**
 * Feeds a reader so many inputs.
 *
 * @throws When one makes it fail in another way than by a DeconvError of one line, take more memory than
 * the file's size warrants, hang, or succeed wrongly; with the input made as small as can be.
 */
export async function fuzz(reader: Reader, count: number, seed: number): Promise<Fared> {
  const fared: Fared = { read: 0, refused: 0 };
  for (const sample of reader.samples) {
    const bytes = Uint8Array.from(sample);
    reader.check(await reader.read(bytes), bytes, reader.samples);
  }
  const once = async (bytes: Uint8Array<ArrayBuffer>) => {
    const given = Uint8Array.from(bytes), began = performance.now();
    allocated();
    try {
      reader.check(await reader.read(bytes), given, reader.samples);
      fared.read++;
    } catch (error) {
      if (!(error instanceof DeconvError)) throw error;
      assert.ok(!error.message.includes("\n"), `more than one line: ${error.message}`);
      assert.match(error.message, reader.refuses ?? /./);
      fared.refused++;
    }
    const taken = allocated(), most = FREE + (reader.growth ?? 64) * given.length;
    assert.ok(taken <= most, `${taken} bytes allocated for a file of ${given.length}`);
    assert.ok(performance.now() - began < PATIENCE, "it hangs");
  };
  await fc.assert(fc.asyncProperty(fc.noBias(inputs(reader)), once), {
    numRuns: count,
    seed,
    includeErrorInReport: true,
  });
  return fared;
}
