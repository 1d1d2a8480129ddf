/** How the engine was started and the kernels built: Deno as it is, without fused multiply-add, with V8's flags. */
export type Mode = "stock" | "strict" | "turbo";

/** All modes. */
export const MODES: readonly Mode[] = ["stock", "strict", "turbo"];

/** The flag of V8 that makes turbo what it is. */
const TURBO = "--experimental-wasm-revectorize";

let chosen: Mode | undefined;

/** Says which mode this process is in, for what cannot be seen from within (`--mode`). */
export function setMode(mode: Mode): void {
  chosen = mode;
}

/** The flags this process was started with, as far as the system tells. */
function startedWith(): string {
  let command = "";
  try {
    command = Deno.readTextFileSync("/proc/self/cmdline");
  } catch { /* not Linux */ }
  return `${Deno.env.get("DENO_V8_FLAGS") ?? ""} ${command}`;
}

/** The mode of this process: as `--mode` says, else turbo where V8 was given its flag, else stock. */
export function currentMode(): Mode {
  return chosen ??= startedWith().includes(TURBO) ? "turbo" : "stock";
}
