import type { NetworkDescription } from "./description.ts";

/** What a peer is asked to do. */
export interface PeerTask {
  readonly network: NetworkDescription;
  /** A training step, of Adam on the binary cross-entropy to its own input, or a forward pass. */
  readonly training: boolean;
  /** Pictures. */
  readonly batch: number;
  /** Threads, where the peer lets one choose. */
  readonly threads: number;
  /** All parameters. */
  readonly weights: Float32Array<ArrayBuffer>;
  /** The pictures, channels last. */
  readonly input: Float32Array<ArrayBuffer>;
}

/** A peer ready to run a task. */
export interface PeerRunner {
  /** Runs it once, to the end: what is still under way when it returns is not counted. */
  run(): unknown;
  /** Of what `run` gave: the pictures, channels last; of a training step its loss, before the step. */
  result(ran: unknown): Float32Array | number | Promise<Float32Array | number>;
  /** What a reader must know to read the figure: version, threads, backend. */
  readonly note: string;
}

/** What every file of a peer exports as `prepare`. */
export type PreparePeer = (task: PeerTask) => Promise<PeerRunner>;

/** A peer's answer, one JSON object a line. */
export type PeerReply =
  /** It has run the task once, in so many milliseconds, and the result agrees. */
  | { ready: string; ms: number }
  /** One more run took this long. */
  | { ms: number }
  /** It cannot. */
  | { absent: string };

/** Outputs may differ by this much, losses by this share. */
export const TOLERANCE = 1e-4;

/** Why a result is not the expected one; null when it is. */
export function difference(
  got: Float32Array | number,
  expected: Float32Array | number,
): string | null {
  if (typeof got === "number" || typeof expected === "number") {
    const off = Math.abs(Number(got) - Number(expected)) / Math.abs(Number(expected));
    return off <= TOLERANCE ? null : `its loss is ${got}, ours is ${expected}`;
  }
  if (got.length !== expected.length) {
    return `it gives ${got.length} numbers, ours are ${expected.length}`;
  }
  const most = got.reduce((max, v, i) => Math.max(max, Math.abs(v - expected[i])), 0);
  const valid = got.every(Number.isFinite) && most <= TOLERANCE;
  return valid ? null : `its outputs differ from ours by ${most.toExponential(1)}`;
}
