import { unfinishedFiles } from "../core/file.ts";

/** How a person stops a run. */
export interface Stop {
  /** Aborted by the first Ctrl-C or SIGTERM. */
  readonly signal: AbortSignal;
  /** Gives the signals back. */
  release(): void;
}

/**
 * Makes Ctrl-C and SIGTERM stop a run after the batch at hand; a second one ends the program at once,
 * with code 130, taking half-written files along.
 *
 * @param onStop Called at the first; on a terminal it says that it has been heard.
 * @param onEnd Called before the program ends at the second, to put the terminal right.
 */
export function stopOnSignal(onStop: () => void, onEnd: () => void): Stop {
  const controller = new AbortController();
  const stop = () => {
    if (!controller.signal.aborted) {
      controller.abort();
      onStop();
      return;
    }
    onEnd();
    for (const path of unfinishedFiles) {
      try {
        Deno.removeSync(path);
      } catch {
        // It is complete already.
      }
    }
    Deno.exit(130);
  };
  const names: Deno.Signal[] = Deno.build.os === "windows" ? ["SIGINT"] : ["SIGINT", "SIGTERM"];
  for (const name of names) Deno.addSignalListener(name, stop);
  const release = () => names.forEach((name) => Deno.removeSignalListener(name, stop));
  return { signal: controller.signal, release };
}
