import { PYTORCH_PROGRAM } from "./pytorch_program.ts";
import type { Program } from "./process.ts";

/** What a peer is measured at: a benchmark of ours, and with fewer pictures where it is slow. */
export interface PeerBenchmark {
  readonly name: string;
  /** Pictures; ours by default. Times are scaled to ours, which the table says. */
  readonly batch?: number;
}

/** A package that does some of what deconv does. */
export interface Peer {
  /** What the table and `--only` call it. */
  readonly name: string;
  readonly program: Program;
  readonly benchmarks: readonly PeerBenchmark[];
}

const TRAINING = ["article-cnn-train", "deconv-autoencoder-train"];
const FORWARD = ["article-cnn-forward", "deconv-autoencoder-forward", "dcgan-generator-forward"];

const all = (names: readonly string[], batch?: number) => names.map((name) => ({ name, batch }));

/** Everyone we compare with, the slow ones last. */
export const PEERS: readonly Peer[] = [
  {
    name: "onnxruntime-node",
    program: { deno: "onnxruntime_node" },
    benchmarks: all(FORWARD),
  },
  { name: "onnxruntime-web", program: { deno: "onnxruntime_web" }, benchmarks: all(FORWARD) },
  {
    name: "pytorch",
    program: { python: PYTORCH_PROGRAM },
    benchmarks: all([...TRAINING, ...FORWARD]),
  },
  { name: "tfjs-wasm", program: { deno: "tfjs_wasm" }, benchmarks: all(FORWARD) },
  {
    name: "jax-js",
    program: { deno: "jax_js" },
    benchmarks: all(["article-cnn-train", "article-cnn-forward"], 2),
  },
  {
    name: "tfjs-cpu",
    program: { deno: "tfjs_cpu" },
    benchmarks: all(["article-cnn-train", "article-cnn-forward"], 1),
  },
];
