/** The host's half of the memory map in assembly/memory.ts, as byte addresses; a test compares the two. */
export const MEMORY_MAP = {
  TICKET: 0x400,
  GENERATION: 0x404,
  DONE: 0x440,
  JOB: 0x480,
  CHUNKS: 0x484,
  SLEEPING: 0x4c0,
  LIVE: 0x500,
  LIMIT: 0x540,
  FAILED: 0x580,
  SLOTS: 0x600,
  SCRATCH: 0x700,
  SCRATCH_STRIDE: 0x704,
  WORKSPACE: 0x708,
  TILE_COLUMNS: 0x70c,
  TWO: 0x740,
  FOUR: 0x744,
  FIVE: 0x748,
  EIGHT: 0x74c,
  ARGUMENTS: 0x800,
  ZEROS: 0x1000,
  ARENA: 0x20000,
} as const;

/** The most threads there can be: SLOTS holds one word for each. */
export const MAX_THREADS = 64;

/** Bytes of a page of WebAssembly's memory. */
export const PAGE = 65536;

/**
 * Reserves the linear memory: 4 GiB of addresses where the system allows it, else less. Only pages
 * that are written to take up memory, and a memory that never grows never detaches its views.
 */
export function reserveMemory(): WebAssembly.Memory {
  let failure: unknown;
  for (let pages = 65536; pages >= 1024; pages /= 2) {
    try {
      return new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
    } catch (error) {
      failure = error;
    }
  }
  throw new Error(`Cannot reserve ${1024 * PAGE / 2 ** 20} MiB of shared memory`, {
    cause: failure,
  });
}
