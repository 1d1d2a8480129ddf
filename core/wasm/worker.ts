/** What a worker is told when it starts. */
export interface WorkerOrder {
  /** The compiled kernels. */
  module: WebAssembly.Module;
  /** The linear memory all threads share. */
  memory: WebAssembly.Memory;
  /** This thread's number, 1 or more. */
  thread: number;
  /** Byte addresses of the words to write should the thread crash. */
  failed: number;
  /** Byte address that the main thread waits on. */
  done: number;
}

/**
 * The whole program of a worker: run chunks until the lease ends, then close.
 *
 * It is turned into source text and started from a Blob, so it needs no permission to read a file
 * and works from an http import; it must not refer to anything outside itself.
 */
export function workerMain(): void {
  const scope = globalThis as unknown as {
    onmessage: ((event: MessageEvent<WorkerOrder>) => void) | null;
    close(): void;
  };
  scope.onmessage = ({ data }) => {
    const words = new Int32Array(data.memory.buffer);
    try {
      const env = { memory: data.memory };
      const instance = new WebAssembly.Instance(data.module, { env });
      (instance.exports as { work(thread: number): void }).work(data.thread);
    } catch {
      // The main thread may be blocked in a wait and cannot be told otherwise.
      Atomics.store(words, data.failed >> 2, data.thread);
      Atomics.notify(words, data.done >> 2);
    }
    scope.close();
  };
}
