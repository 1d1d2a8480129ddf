import type { Result } from "../benchmark.ts";
import { median } from "../benchmark.ts";
import { buildNetwork, type NetworkName, pictures } from "../networks.ts";
import type { Tensor } from "../../mod.ts";
import { describeNetwork } from "./description.ts";
import type { PeerTask } from "./peer.ts";
import type { PeerBenchmark } from "./peers.ts";
import type { PeerProcess } from "./process.ts";
import { writeTask } from "./task_folder.ts";

/** Who takes this long (ms) for a run is not asked for another warm-up, nor for more than a sample or two. */
const SLOW = 5_000;
/** Time (ms) a peer may spend on one benchmark; then it sits out the rounds that are left. */
const ALLOWANCE = 15_000;

/** Splits the name of a network's benchmark. */
export function networkOf(name: string): { network: NetworkName; training: boolean } {
  const [, network, verb] = /^(.*)-(train|forward)$/.exec(name)!;
  return { network: network as NetworkName, training: verb === "train" };
}

/** Writes the task of a benchmark, with what deconv makes of it, into a folder. */
export function writeBenchmark(folder: string, name: string, batch: number, threads: number): void {
  const { network, training } = networkOf(name);
  const net = buildNetwork(network), x: Tensor = pictures(batch, net.inputShape);
  const { network: description, weights } = describeNetwork(network, net);
  const input = x.data as Float32Array<ArrayBuffer>;
  const task: PeerTask = { network: description, training, batch, threads, weights, input };
  const expected = training
    ? net.trainOnBatch(x, x)
    : net.predict(x, { batchSize: batch }).data as Float32Array<ArrayBuffer>;
  writeTask(folder, task, expected);
}

/** A peer at one benchmark: its samples, or why there are none. */
export class Contestant {
  readonly samples: number[] = [];
  note = "";
  absent: string | null = null;
  #spent = 0;

  /**
   * @param peer The peer's name.
   * @param benchmark Ours that it is measured at.
   * @param index Of its task among those of its process.
   * @param scale How many times more pictures ours has.
   */
  constructor(
    readonly peer: string,
    readonly benchmark: PeerBenchmark,
    readonly process: PeerProcess,
    readonly index: number,
    readonly scale: number,
  ) {}

  /** Has it build the network and checks that it computes what ours does. */
  async prepare(): Promise<void> {
    const reply = await this.process.ask("prepare", this.index);
    if ("absent" in reply) this.absent = reply.absent.split("\n")[0];
    else if ("ready" in reply) {
      this.note = reply.ready;
      if (reply.ms > SLOW) this.#count(reply.ms);
    }
  }

  /** Takes a sample, unless it has had its time; `warmUp` samples are thrown away. */
  async sample(warmUp: boolean): Promise<void> {
    if (this.absent !== null || this.#spent > ALLOWANCE) return;
    if (warmUp && this.samples.length) return;
    const reply = await this.process.ask("run", this.index);
    if ("absent" in reply) this.absent = reply.absent;
    else if (warmUp) this.#spent += reply.ms;
    else this.#count(reply.ms);
  }

  #count(ms: number): void {
    this.#spent += ms;
    this.samples.push(ms * this.scale);
  }

  /** Its times, scaled to our number of pictures; null when it is absent. */
  result(threads: number, images: number, flops: number): Result | null {
    if (this.absent !== null || !this.samples.length) return null;
    const ms = median(this.samples);
    return {
      name: `${this.benchmark.name}@${this.peer}`,
      mode: "stock",
      threads,
      ms,
      msMin: Math.min(...this.samples),
      gflops: flops / ms / 1e6,
      imagesPerSecond: images / ms * 1e3,
    };
  }
}
