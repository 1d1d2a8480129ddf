/**
 * A run of float32 numbers in the linear memory.
 *
 * Only core/wasm reads `address`; everybody else hands blocks to kernels or looks through `view`.
 * Memory between `length` and the next multiple of sixteen floats belongs to the block too.
 */
export class Block {
  /** Byte address of the first number; 0 until the block is placed. */
  address = 0;

  /**
   * A block yet to be placed.
   *
   * @param memory The linear memory's buffer.
   * @param length How many numbers.
   */
  constructor(private readonly memory: ArrayBufferLike, readonly length: number) {}

  /** The numbers, live: kernels write what this shows. */
  get view(): Float32Array {
    return new Float32Array(this.memory, this.address, this.length);
  }

  /** The same memory as 32-bit integers. */
  get words(): Int32Array {
    return new Int32Array(this.memory, this.address, this.length);
  }
}
