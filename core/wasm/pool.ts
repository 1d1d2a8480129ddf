import { DeconvError } from "../errors.ts";
import { MAX_THREADS, MEMORY_MAP } from "./memory.ts";
import { workerMain, type WorkerOrder } from "./worker.ts";

/** Cores the system reports; 1 where it does not say. */
export function availableThreads(): number {
  const count = globalThis.navigator?.hardwareConcurrency ?? 1;
  return Math.max(1, Math.min(MAX_THREADS, count));
}

/**
 * The host's half of the thread pool: it starts workers when there is work and too few of them.
 *
 * Workers are leased. One without work for a fifth of a second leaves its loop and closes itself, so
 * nothing has to be shut down and a program that is done just ends.
 */
export class Pool {
  readonly #words: Int32Array;
  #source: string | undefined;
  #threads: number = 1;

  /** @param memory The shared memory. */
  constructor(readonly memory: WebAssembly.Memory) {
    this.#words = new Int32Array(memory.buffer);
    this.threads = availableThreads();
  }

  /** Threads that may work, the calling one included. */
  get threads(): number {
    return this.#threads;
  }

  /** @throws {DeconvError} When it is not a whole number from 1 to the number of cores. */
  set threads(count: number) {
    const most = availableThreads();
    if (!Number.isInteger(count) || count < 1 || count > most) {
      throw new DeconvError(
        `Cannot use ${count} threads: give a whole number from 1 to ${most}, the number of cores`,
      );
    }
    this.#threads = count;
    Atomics.store(this.#words, MEMORY_MAP.LIMIT >> 2, count);
    Atomics.notify(this.#words, MEMORY_MAP.GENERATION >> 2);
  }

  /**
   * Starts workers that are missing; they join the work when they are up. Cheap when none is missing.
   *
   * @param module The compiled kernels.
   */
  summon(module: WebAssembly.Module): void {
    if (Atomics.load(this.#words, MEMORY_MAP.LIVE >> 2) >= this.#threads - 1) return;
    for (let thread = 1; thread < this.#threads; thread++) {
      const slot = (MEMORY_MAP.SLOTS >> 2) + thread;
      if (Atomics.compareExchange(this.#words, slot, 0, 1) === 0) this.#start(module, thread);
    }
  }

  /** Whether a worker crashed, after which no result can be trusted. */
  get failed(): boolean {
    return Atomics.load(this.#words, MEMORY_MAP.FAILED >> 2) !== 0;
  }

  #start(module: WebAssembly.Module, thread: number): void {
    if (typeof Worker === "undefined") {
      this.#threads = 1; // no workers in this engine: the calling thread does everything
      return;
    }
    this.#source ??= URL.createObjectURL(
      new Blob([`(${workerMain})()`], { type: "application/javascript" }),
    );
    const worker = new Worker(this.#source, { type: "module", name: `deconv-${thread}` });
    const order: WorkerOrder = {
      module,
      memory: this.memory,
      thread,
      failed: MEMORY_MAP.FAILED,
      done: MEMORY_MAP.DONE,
    };
    worker.postMessage(order);
  }
}
