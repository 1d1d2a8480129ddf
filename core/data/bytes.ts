/** Bytes that can be read at any place: an open file, a blob, a part of memory. */
export interface ByteSource {
  /** What to call it in messages, such as the file's path. */
  readonly name: string;
  /** The number of bytes. */
  readonly size: number;
  /**
   * Fills `into` with the bytes from `offset` on. Returns a promise only if it has to wait.
   *
   * @throws {DeconvError} When there are not so many bytes (any more).
   */
  read(offset: number, into: Uint8Array): void | Promise<void>;
}
