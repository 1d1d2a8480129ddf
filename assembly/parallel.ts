// The half of the thread pool that lives in WASM: a parallel for over chunks of output.
//
// A job is split into chunks whose number depends on the problem alone, never on the number of
// threads, so results are the same bit for bit however many workers turn up. The caller always
// works too and would finish alone if no worker came: a worker is a help, not a promise.
//
// TICKET packs the generation of the job with the number of chunks left. A thread takes a chunk by
// decrementing it with compare-and-swap; success proves that the job is still the one it saw, and
// the job cannot end before this chunk is done, so JOB, CHUNKS and ARGUMENTS may be read after it.

import {
  CHUNKS,
  DONE,
  FAILED,
  GENERATION,
  JOB,
  LIMIT,
  LIVE,
  SLEEPING,
  SLOTS,
  TICKET,
} from "./memory";

/** About 20 µs of looking before a thread goes to sleep: an empty parallel for costs 0.3 µs among spinning threads, 60 µs among sleeping ones. */
const SPINS: i32 = 20000;
/** A worker without work for so many nanoseconds ends its lease and leaves: an idle program has no threads and can exit. */
const LEASE: i64 = 200_000_000;
/** The caller looks for a crashed worker at this interval (nanoseconds). */
const CHECK: i64 = 100_000_000;

/** Takes chunks of the job of this generation until none is left. */
function takeChunks(generation: i32, thread: i32): void {
  while (true) {
    const ticket = atomic.load<i64>(TICKET);
    if (<i32> (ticket >> 32) != generation || <i32> ticket == 0) return;
    if (atomic.cmpxchg<i64>(TICKET, ticket, ticket - 1) != ticket) continue;
    const chunks = load<i32>(CHUNKS);
    call_indirect<void>(load<i32>(JOB), chunks - <i32> ticket, thread);
    if (atomic.add<i32>(DONE, 1) + 1 == chunks) atomic.notify(DONE, 1);
  }
}

/**
 * Runs `job(chunk, thread)` for every chunk in 0 … chunks-1 on all threads and returns when all are
 * done. Jobs never start jobs.
 */
export function parallel(job: i32, chunks: i32): void {
  if (chunks <= 1 || atomic.load<i32>(LIVE) == 0 || load<i32>(LIMIT) <= 1) {
    for (let chunk = 0; chunk < chunks; chunk++) call_indirect<void>(job, chunk, 0);
    return;
  }
  const generation = atomic.load<i32>(GENERATION) + 1;
  store<i32>(JOB, job);
  store<i32>(CHUNKS, chunks);
  atomic.store<i32>(DONE, 0);
  atomic.store<i64>(TICKET, (<i64> generation << 32) | <i64> chunks);
  if (atomic.load<i32>(SLEEPING) > 0) atomic.notify(GENERATION, -1);
  takeChunks(generation, 0);
  let spins = 0;
  while (true) {
    const done = atomic.load<i32>(DONE);
    if (done == chunks) return;
    if (++spins < SPINS) continue;
    atomic.wait<i32>(DONE, done, CHECK);
    if (atomic.load<i32>(FAILED) != 0) unreachable();
  }
}

/** A worker's loop: take chunks, wait for the next job, leave when the lease runs out. */
export function work(thread: i32): void {
  const slot = SLOTS + 4 * <usize> thread;
  atomic.store<i32>(slot, 2);
  atomic.add<i32>(LIVE, 1);
  while (thread < atomic.load<i32>(LIMIT)) {
    const seen = atomic.load<i32>(GENERATION);
    takeChunks(seen, thread);
    let spins = 0;
    let asleep = 0;
    while (atomic.load<i32>(GENERATION) == seen) {
      if (++spins < SPINS) continue;
      atomic.add<i32>(SLEEPING, 1);
      asleep = atomic.wait<i32>(GENERATION, seen, LEASE);
      atomic.sub<i32>(SLEEPING, 1);
      if (asleep == 2) break; // timed out
    }
    if (asleep == 2) break;
  }
  atomic.sub<i32>(LIVE, 1);
  atomic.store<i32>(slot, 0);
}
