/** Runs in a worker: decodes the files it is sent. See decode_pool.ts. */
import { DeconvError } from "../errors.ts";
import { type DecodeConfig, decodeFile } from "./picture_decoder.ts";

/** A file to decode. */
export interface DecodeTask {
  /** What to call the answer. */
  readonly id: number;
  /** The file. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Its path, for messages. */
  readonly path: string;
  /** What to make of it. */
  readonly config: DecodeConfig;
}

/** What became of it: bytes, a user's mistake, or a fault of ours. */
export type DecodeAnswer =
  | { readonly id: number; readonly bytes: Uint8Array }
  | { readonly id: number; readonly refused: string }
  | { readonly id: number; readonly failed: string };

/** What a worker has and TypeScript's library for pages does not know. */
interface WorkerScope {
  onmessage: ((event: MessageEvent<DecodeTask>) => void) | null;
  postMessage(answer: DecodeAnswer): void;
}

const scope = globalThis as unknown as WorkerScope;

scope.onmessage = ({ data: { id, bytes, path, config } }) => {
  try {
    scope.postMessage({ id, bytes: decodeFile(bytes, path, config) });
  } catch (error) {
    const { message } = error as Error;
    scope.postMessage(
      error instanceof DeconvError ? { id, refused: message } : { id, failed: message },
    );
  }
};
