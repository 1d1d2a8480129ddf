// Reading ahead. A kernel that walks over many rows at once, a few bytes of each, gives the
// processor's prefetcher nothing to follow and waits for memory at every line. Going once over the
// rows it is about to use, from front to back, brings them into the L2 cache at the full rate.

/**
 * Reads a word at every `step` bytes of some memory.
 *
 * @param sink a word of scratch for what they add up to, lest the reads be left out as useless
 */
export function touch(from: usize, bytes: usize, step: usize, sink: usize): void {
  let sum: u32 = 0;
  for (const end = from + bytes; from < end; from += step) sum += load<u32>(from);
  store<u32>(sink, sum);
}
