import cliProgress from "cli-progress";
import { barLine, clock, columns } from "./progress.ts";

/** Shows how far something is that has a known number of parts. */
export interface CountProgress {
  /** So many parts of all are done. */
  at(done: number, total: number): void;
  /** Says that it has been told to stop, and shows no more. */
  stopping(text: string): void;
  /** When it ends, well or not. */
  end(): void;
}

/** How often (ms) a plain run prints a line. */
const INTERVAL = 10_000;

/**
 * A live line on a terminal, a line every ten seconds elsewhere, nothing when quiet.
 *
 * @param head What is being done.
 * @param things What is counted, such as `"pictures"`.
 */
export function startCount(head: string, things: string, quiet = false): CountProgress {
  const live = Deno.stdout.isTerminal() && !quiet, start = performance.now();
  const bar = new cliProgress.SingleBar({
    format: (_options: object, { progress }: { progress: number }, { tail }: { tail: string }) =>
      barLine({ head, share: progress, tail }, columns()),
    hideCursor: true,
    clearOnComplete: true,
    stopOnComplete: false,
    fps: 8,
  });
  let running = false, ended = quiet, printed = start;
  const end = () => {
    if (running) bar.stop();
    running = false;
    ended = true;
  };
  return {
    at(done, total) {
      if (ended) return;
      const rate = done / ((performance.now() - start) / 1000);
      const tail = `${done.toLocaleString("en")} of ${total.toLocaleString("en")} ${things}  ${
        clock((total - done) / rate)
      } left`;
      if (live) {
        if (!running) bar.start(total, done, { tail });
        running = true;
        bar.update(done, { tail });
      } else if (performance.now() - printed >= INTERVAL) {
        printed = performance.now();
        console.log(`${head}  ${tail}`);
      }
    },
    stopping(text) {
      end();
      console.log(text);
    },
    end,
  };
}
