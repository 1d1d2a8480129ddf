import { Block } from "../core/block.ts";
import { random } from "../core/random.ts";
import { runtime } from "../core/wasm/runtime.ts";

/** The blocks that all kernel benchmarks share, by what they are for. */
const blocks = new Map<string, Block>();

/**
 * The first `length` numbers of a shared block, uniform in -1 … 1; it is made, or made longer, when
 * first asked for. Sharing keeps dozens of benchmarks in the memory of the largest. Results are not
 * read again as operands: numbers would multiply from run to run until they overflow.
 *
 * @param role `"x"`, `"y"`, `"kernel"` and `"bias"` are read, `"result"` is written.
 */
export function operand(role: "x" | "y" | "kernel" | "bias" | "result", length: number): Block {
  let block = blocks.get(role);
  if (!block || block.length < length) {
    if (block) runtime().release(block);
    block = runtime().allocate(length);
    if (role !== "result") random(1, role).fillUniform(block.view, -1, 1, 0);
    blocks.set(role, block);
  }
  const part = new Block(runtime().memory.buffer, length);
  part.address = block.address;
  return part;
}
