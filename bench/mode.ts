import { getArithmetic } from "../core/wasm/runtime.ts";

/** How the engine was started and the kernels built: Deno as it is, without fused multiply-add, with V8's flags. */
export type Mode = "stock" | "strict" | "turbo";

/** What turbo is: V8's own flags, which a process must be started with. */
export const TURBO_FLAGS = "--v8-flags=--no-wasm-bounds-checks,--experimental-wasm-revectorize";

/** The flag that a process's command line is looked through for. */
const REVECTORIZE = "--experimental-wasm-revectorize";

let declared: boolean | undefined;

/** Says that this process was started with turbo's flags, where the system does not tell. */
export function declareTurbo(): void {
  declared = true;
}

/** Whether this process was started with turbo's flags, as far as the system tells. */
function isTurbo(): boolean {
  if (declared !== undefined) return declared;
  let command = "";
  try {
    command = Deno.readTextFileSync("/proc/self/cmdline");
  } catch { /* not Linux */ }
  declared = `${Deno.env.get("DENO_V8_FLAGS") ?? ""} ${command}`.includes(REVECTORIZE);
  return declared;
}

/** The mode of this process; strict with turbo's flags counts as strict. */
export function currentMode(): Mode {
  if (getArithmetic() === "strict") return "strict";
  return isTurbo() ? "turbo" : "stock";
}

/** Arguments of `deno` for a process of the same mode, before its script. */
export function modeArguments(): string[] {
  return isTurbo() ? [TURBO_FLAGS] : [];
}
