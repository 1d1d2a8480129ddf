/**
 * Reading oracle cases: PyTorch's numbers, from `../shared/oracle` or from tests/golden.
 *
 * `NAME.json` lists the cases, `NAME.safetensors` holds each case's tensors as `case` + name. The
 * files in tests/golden hold a few small ones of them as JSON, numbers written out as text.
 */

import { decodeSafetensors } from "../../core/formats/safetensors_read.ts";

/** A tensor of an oracle case. */
export interface OracleTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** One case: what was computed, with which settings, on and to which numbers. */
export interface OracleCase {
  /** As in the file, such as `conv2d/003/`. */
  readonly name: string;
  /** The case's entry in the JSON file. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** By name without the case, such as `dkernel`; what cases share keeps its full name. */
  readonly tensors: Readonly<Record<string, OracleTensor>>;
}

/** A tensor in a golden file: its numbers separated by spaces. */
export interface GoldenTensor {
  readonly shape: readonly number[];
  readonly data: string;
}

/** A file in tests/golden. */
export interface GoldenFile {
  readonly source: string;
  /** Tensors that belong to every case. */
  readonly shared?: Readonly<Record<string, GoldenTensor>>;
  readonly cases: readonly {
    readonly case: string;
    readonly tensors: Readonly<Record<string, GoldenTensor>>;
    readonly [setting: string]: unknown;
  }[];
}

const BESIDE_THE_REPO = new URL("../../../shared/oracle/", import.meta.url);

/** Whether the whole oracle lies beside the repo and may be read. */
export function oraclePresent(): boolean {
  try {
    // Asked first, because reading without the permission would stop a terminal with a question.
    const read = Deno.permissions.querySync({ name: "read", path: BESIDE_THE_REPO });
    if (read.state !== "granted") return false;
    return Deno.statSync(new URL("losses.safetensors", BESIDE_THE_REPO)).isFile;
  } catch {
    return false;
  }
}

/** All cases of one file of the whole oracle, or of another folder in its format. */
export function readOracle(file: string, folder: URL = BESIDE_THE_REPO): OracleCase[] {
  const settings: unknown = JSON.parse(Deno.readTextFileSync(new URL(`${file}.json`, folder)));
  if (!isCaseList(settings)) throw new Error("it is not a list of cases with a name each");
  const bytes = Deno.readFileSync(new URL(`${file}.safetensors`, folder));
  const stored = Object.entries(decodeSafetensors(bytes).tensors).map(([name, t]) =>
    [name, { shape: t.shape, data: Float32Array.from(t.data as Iterable<number>) }] as const
  );
  const prefixOf = (name: string) => name.endsWith("/") ? name : `${name}/`;
  const prefixes = settings.map((entry) => prefixOf(entry.case));
  const shared = stored.filter(([name]) => !prefixes.some((prefix) => name.startsWith(prefix)));
  return settings.map((entry, i) => {
    const own = stored.filter(([name]) => name.startsWith(prefixes[i]))
      .map(([name, tensor]) => [name.slice(prefixes[i].length), tensor]);
    return {
      name: entry.case,
      settings: { ...entry },
      tensors: Object.fromEntries([...own, ...shared]),
    };
  });
}

function isCaseList(value: unknown): value is { case: string }[] {
  return Array.isArray(value) && value.every((entry) => typeof entry?.case === "string");
}

/** All cases of a golden file. */
export function readGolden(file: GoldenFile): OracleCase[] {
  const parse = (tensors: Readonly<Record<string, GoldenTensor>> = {}) =>
    Object.entries(tensors).map(([name, { shape, data }]) =>
      [name, { shape, data: Float32Array.from(data.split(" "), Number) }] as const
    );
  return file.cases.map(({ tensors, ...settings }) => ({
    name: settings.case,
    settings,
    tensors: Object.fromEntries([...parse(tensors), ...parse(file.shared)]),
  }));
}
