// The map of the shared memory. Everything below ARENA has a fixed address, because every thread
// runs its own instance of this module and must find the same words: no globals, no static data.
// core/wasm/memory.ts holds the same map for the host; a test compares the two.

/** What the thread pool shares; see parallel.ts. Words that different threads write are a cache line apart. */
export const TICKET: usize = 0x400; // i64: generation << 32 | chunks not yet taken
export const GENERATION: usize = 0x404; // i32: the high half of TICKET, which sleeping workers wait on
export const DONE: usize = 0x440; // i32: chunks finished
export const JOB: usize = 0x480; // i32: table index of the job
export const CHUNKS: usize = 0x484; // i32: how many chunks it has
export const SLEEPING: usize = 0x4c0; // i32: workers asleep
export const LIVE: usize = 0x500; // i32: workers in their loop
export const LIMIT: usize = 0x540; // i32: threads allowed to work, the caller included
export const FAILED: usize = 0x580; // i32: the number of a thread that crashed, 0 while none has
export const SLOTS: usize = 0x600; // i32[64]: per thread 0 absent, 1 starting, 2 running

/** Where workspaces are: set by the host when a plan is compiled. */
export const SCRATCH: usize = 0x700; // u32: base of the per-thread scratch
export const SCRATCH_STRIDE: usize = 0x704; // u32: bytes per thread
export const WORKSPACE: usize = 0x708; // u32: base of the workspace that the kernel now running owns

/** Columns of the register tile: 8 or 16 as the host has found, and 4 while it calls for a narrow product. */
export const TILE_COLUMNS: usize = 0x70c; // i32

/** Small numbers as f32, written by the host: V8 rebuilds a v128 constant at every use, but loads one from here in a single instruction. */
export const TWO: usize = 0x740;
export const FOUR: usize = 0x744;
export const FIVE: usize = 0x748;
export const EIGHT: usize = 0x74c;

/** The arguments of the job now running: one record at a time, read by all threads. */
export const ARGUMENTS: usize = 0x800; // 512 bytes

/**
 * 64 KiB that are always zero: the initial accumulators of a product without a bias, and the pixels
 * around a picture (so a pixel may have up to 16384 channels).
 */
export const ZEROS: usize = 0x1000;

/** The first byte the arena gives out. */
export const ARENA: usize = 0x20000;

/** Base of this thread's scratch. */
export function scratchOf(thread: i32): usize {
  return <usize> load<u32>(SCRATCH) + <usize> thread * <usize> load<u32>(SCRATCH_STRIDE);
}

/** Base of the workspace shared by all threads of the running kernel. */
export function workspace(): usize {
  return <usize> load<u32>(WORKSPACE);
}
