import { setThreads } from "../../core/wasm/runtime.ts";
import { arithmeticBenchmarks, PEAK } from "../arithmetic.ts";
import { type Benchmark, type Result, toResult } from "../benchmark.ts";
import { modelBenchmarks } from "../models.ts";
import { Contestant, writeBenchmark } from "./contestant.ts";
import { type Peer, PEERS } from "./peers.ts";
import { PeerProcess } from "./process.ts";

/** How to measure. */
export interface PeerOptions {
  readonly threads: number;
  readonly rounds: number;
  /** After so many milliseconds no further round begins. */
  readonly budget: number;
  /** Chooses by the name of a benchmark or `benchmark@peer`. */
  wanted(name: string): boolean;
  /** Told what is going on. */
  onProgress(text: string): void;
}

/** One of our benchmarks, and those who were measured beside it. */
export interface Match {
  readonly benchmark: Benchmark;
  readonly ours: Result;
  readonly contestants: readonly {
    readonly contestant: Contestant;
    readonly result: Result | null;
  }[];
}

/** Between two runs everyone's threads get this long (ms) to go to sleep. */
const PAUSE = 30;

/** For so long (ms) the yardstick runs on each number of threads before a round. */
const YARDSTICK = 40;

const pause = () => new Promise((resolve) => setTimeout(resolve, PAUSE));

/** Starts a peer on its tasks and has it check its results. */
async function enter(
  peer: Peer,
  ours: readonly Benchmark[],
  folder: string,
  { threads, wanted, onProgress }: PeerOptions,
): Promise<{ process: PeerProcess | null; contestants: Contestant[] }> {
  const benchmarks = peer.benchmarks.filter(({ name }) =>
    ours.some((benchmark) => benchmark.name === name) && wanted(`${name}@${peer.name}`)
  );
  if (!benchmarks.length) return { process: null, contestants: [] };
  onProgress(peer.name);
  const batches = benchmarks.map(({ name, batch }) => {
    const images = ours.find((benchmark) => benchmark.name === name)!.images!;
    return { batch: batch ?? images, scale: images / (batch ?? images) };
  });
  const folders = benchmarks.map(({ name }, i) => {
    const path = `${folder}/${peer.name}-${name}`;
    Deno.mkdirSync(path);
    writeBenchmark(path, name, batches[i].batch, threads);
    return path;
  });
  const process = new PeerProcess(peer.program, folders);
  const contestants = benchmarks.map((benchmark, i) =>
    new Contestant(peer.name, benchmark, process, i, batches[i].scale)
  );
  for (const contestant of contestants) await contestant.prepare();
  return { process, contestants };
}

/** Samples the yardstick on one thread and on all, which tells whether the machine is busy. */
function yardstick({ threads }: PeerOptions): { sample(): void; results(): Result[] } {
  const peak = arithmeticBenchmarks().find(({ name }) => name === PEAK)!;
  const run = peak.prepare(), samples = new Map([1, threads].map((t) => [t, [] as number[]]));
  return {
    sample: () => {
      for (const [count, taken] of samples) {
        setThreads(count);
        const start = performance.now();
        let ms = 0;
        while (performance.now() - start < YARDSTICK) ms = run(count) as number;
        taken.push(ms);
      }
      setThreads(threads);
    },
    results: () => [...samples].map(([count, taken]) => toResult(peak, count, taken)),
  };
}

/** Rounds of one sample of everything: ours, then each peer's, benchmark by benchmark. */
async function play(
  benchmarks: readonly Benchmark[],
  contestants: readonly Contestant[],
  options: PeerOptions,
): Promise<{ samples: number[][]; peaks: Result[] }> {
  const { threads, rounds, budget, onProgress } = options, peak = yardstick(options);
  const samplers = benchmarks.map((benchmark) => benchmark.prepare());
  const samples = benchmarks.map((): number[] => []);
  const start = performance.now();
  for (let round = 0; round <= rounds; round++) {
    if (round > 1 && performance.now() - start > budget) break;
    onProgress(`${round}/${rounds} rounds`);
    await pause();
    peak.sample();
    for (const [b, { name }] of benchmarks.entries()) {
      await pause();
      // The first run wakes our workers, which sleep while others are measured.
      await samplers[b](threads);
      const ms = await samplers[b](threads);
      if (round > 0) samples[b].push(ms);
      for (const contestant of contestants.filter(({ benchmark }) => benchmark.name === name)) {
        await pause();
        await contestant.sample(round === 0);
      }
    }
  }
  return { samples, peaks: peak.results() };
}

/** Measures our networks and everyone else's, in turns, on as many threads; and the yardstick. */
export async function measurePeers(
  options: PeerOptions,
): Promise<{ matches: Match[]; peaks: Result[] }> {
  const { threads, wanted } = options;
  setThreads(threads);
  const benchmarks = modelBenchmarks().filter(({ name }) =>
    PEERS.some((peer) =>
      peer.benchmarks.some((b) => b.name === name) && wanted(`${name}@${peer.name}`)
    )
  );
  const folder = Deno.makeTempDirSync({ prefix: "deconv-bench-" });
  const processes: PeerProcess[] = [], contestants: Contestant[] = [];
  try {
    for (const peer of PEERS) {
      const entered = await enter(peer, benchmarks, folder, options);
      if (entered.process) processes.push(entered.process);
      contestants.push(...entered.contestants);
    }
    const { samples, peaks } = await play(benchmarks, contestants, options);
    const matches = benchmarks.map((benchmark, b) => ({
      benchmark,
      ours: toResult(benchmark, threads, samples[b]),
      contestants: contestants.filter((c) => c.benchmark.name === benchmark.name).map((c) => ({
        contestant: c,
        result: c.result(threads, benchmark.images!, benchmark.flops!),
      })),
    }));
    return { matches, peaks };
  } finally {
    for (const process of processes) await process.stop();
    Deno.removeSync(folder, { recursive: true });
  }
}
