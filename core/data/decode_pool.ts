/**
 * Workers that decode pictures beside the training.
 *
 * A live worker keeps a program from ending, so they are leased: when nothing has been asked of them
 * for a while they are ended, and started again when there is work.
 */
import { DeconvError } from "../errors.ts";
import type { DecodeAnswer, DecodeTask } from "./decode_worker.ts";
import { type DecodeConfig, decodeFile } from "./picture_decoder.ts";

/** How long (ms) workers wait for more work. */
const LEASE = 300;

/** Decodes files, in workers if there can be any. */
export interface DecodePool {
  /** Decodes a file. The promise is rejected with what {@linkcode decodeFile} throws. */
  decode(bytes: Uint8Array<ArrayBuffer>, path: string, config: DecodeConfig): Promise<Uint8Array>;
}

/** What waits for an answer. */
interface Waiting {
  readonly task: DecodeTask;
  readonly resolve: (bytes: Uint8Array) => void;
  readonly reject: (error: unknown) => void;
}

/** A pool of so many workers. Where they cannot be started, files are decoded in this thread. */
export function decodePool(count: number): DecodePool {
  let workers: Worker[] = [], next = 0, works = typeof Worker === "function";
  let lease: ReturnType<typeof setTimeout> | undefined;
  const waiting = new Map<number, Waiting>();

  const end = () => {
    workers.forEach((worker) => worker.terminate());
    workers = [];
  };
  /** Workers do not work here: does itself what they were asked for. */
  const giveUp = () => {
    works = false;
    clearTimeout(lease);
    end();
    for (const { task, resolve, reject } of waiting.values()) {
      try {
        resolve(decodeFile(task.bytes, task.path, task.config));
      } catch (error) {
        reject(error);
      }
    }
    waiting.clear();
  };
  const start = () => {
    const worker = new Worker(new URL("./decode_worker.ts", import.meta.url), { type: "module" });
    worker.onmessage = ({ data }: MessageEvent<DecodeAnswer>) => {
      const asked = waiting.get(data.id);
      waiting.delete(data.id);
      if (!waiting.size) lease = setTimeout(end, LEASE);
      if ("bytes" in data) asked?.resolve(data.bytes);
      else {asked?.reject(
          "refused" in data ? new DeconvError(data.refused) : new Error(data.failed),
        );}
    };
    worker.onerror = (event) => {
      event.preventDefault();
      giveUp();
    };
    return worker;
  };
  return {
    decode(bytes, path, config) {
      return new Promise((resolve, reject) => {
        const task = { id: next++, bytes, path, config };
        waiting.set(task.id, { task, resolve, reject });
        clearTimeout(lease);
        try {
          if (!works) return giveUp();
          while (workers.length < count) workers.push(start());
          workers[task.id % count].postMessage(task);
        } catch {
          giveUp();
        }
      });
    },
  };
}
