import cliProgress from "cli-progress";
import type { Logs } from "../mod.ts";

/** Shows how a training run goes. */
export interface Progress {
  /** After a batch: pictures done of all in this epoch, and the losses so far. */
  batch(epoch: number, done: number, total: number, logs: Logs): void;
  /** After an epoch. */
  epoch(epoch: number, logs: Logs, seconds: number): void;
  /** When the run has been told to stop: says so, and shows no more batches. */
  stopping(text: string): void;
  /** When the run ends, well or not. */
  end(): void;
}

/** `1:05` for 65 seconds; hours where there are any. */
export function clock(seconds: number): string {
  const s = Math.max(0, Math.round(seconds));
  const two = (n: number) => `${n}`.padStart(2, "0");
  const minutes = Math.floor(s / 60) % 60, hours = Math.floor(s / 3600);
  return hours ? `${hours}:${two(minutes)}:${two(s % 60)}` : `${minutes}:${two(s % 60)}`;
}

/** `loss 0.5812  val_loss 0.5790`. */
export function logsText(logs: Logs): string {
  const number = (value: number) =>
    value === 0 || Math.abs(value) >= 1e-3 && Math.abs(value) < 1e4
      ? value.toFixed(4)
      : value.toExponential(2);
  return Object.entries(logs).map(([name, value]) => `${name} ${number(value)}`).join("  ");
}

/** An epoch's figures: in one line, or where they do not fit into 80 columns in several, the rest indented. */
export function epochLines(head: string, logs: Logs, tail: string): string {
  const parts = [
    head,
    ...Object.entries(logs).map(([name, value]) => logsText({ [name]: value })),
    tail,
  ];
  const lines = [""];
  for (const part of parts) {
    const line = lines[lines.length - 1], longer = line ? `${line}  ${part}` : part;
    if (longer.length <= 80) lines[lines.length - 1] = longer;
    else lines.push(`  ${part}`);
  }
  return lines.join("\n");
}

/** The losses alone: of a metric the running mean says little. */
function losses({ loss, discriminator, generator }: Logs): Logs {
  return loss === undefined ? { discriminator, generator } : { loss };
}

/** How often (ms) a plain run prints a line within an epoch. */
const INTERVAL = 10_000;

/** Counts pictures and time: the rate, and what is left at that rate. */
class Pace {
  readonly #start = performance.now();
  #done = 0;
  #epochDone = 0;

  /** @param epochs Epochs to go, the present one included. */
  constructor(private readonly first: number, private readonly epochs: number) {}

  /** Notes how far an epoch is. */
  at(epoch: number, done: number, total: number): { rate: number; left: number } {
    this.#epochDone = done;
    const pictures = this.#done + done;
    const rate = pictures / ((performance.now() - this.#start) / 1000);
    const rest = (this.first + this.epochs - epoch) * total - done;
    return { rate, left: rest / rate };
  }

  /** Notes the end of an epoch. */
  next(): void {
    this.#done += this.#epochDone;
    this.#epochDone = 0;
  }
}

/** What a bar shows besides itself. */
interface BarState {
  /** `epoch 1/5`. */
  head: string;
  /** Part of the epoch done, 0 … 1. */
  share: number;
  /** Rate, loss and time left. */
  tail: string;
}

/** A bar in one line of at most `columns - 1` characters; without the bar itself where there is no room. */
export function barLine({ head, share, tail }: BarState, columns: number): string {
  const percent = `${Math.floor(100 * share)}%`.padStart(4);
  const room = Math.min(24, columns - 1 - `${head}  ${percent}  ${tail}`.length);
  const full = Math.round(share * room);
  const bar = room < 4 ? "" : ` ${"━".repeat(full)}${"─".repeat(room - full)}`;
  return `${head}${bar} ${percent}  ${tail}`.slice(0, columns - 1);
}

/** Characters in a line of the terminal. */
export function columns(): number {
  try {
    return Deno.consoleSize().columns || 80; // a pseudo-terminal may say 0
  } catch {
    return 80;
  }
}

/** A bar that moves, for a terminal. */
function liveProgress(
  first: number,
  epochs: number,
  things: string,
  print: (line: string) => void,
): Progress {
  const pace = new Pace(first, epochs - first);
  const bar = new cliProgress.SingleBar({
    format: (_options: object, { progress }: { progress: number }, { head, tail }: BarState) =>
      barLine({ head, share: progress, tail }, columns()),
    hideCursor: true,
    clearOnComplete: true,
    stopOnComplete: false,
    fps: 8,
  });
  let running = false, ending = false;
  const stop = () => {
    if (running) bar.stop();
    running = false;
  };
  return {
    batch(epoch, done, total, logs) {
      if (ending) return;
      const { rate, left } = pace.at(epoch, done, total);
      const payload = {
        head: `epoch ${epoch + 1}/${epochs}`,
        tail: `${rate.toFixed(0)} ${things}/s  ${logsText(losses(logs))}  ${clock(left)} left`,
      };
      if (!running) bar.start(total, done, payload);
      running = true;
      bar.update(done, payload);
    },
    epoch(epoch, logs, seconds) {
      stop();
      pace.next();
      print(epochLines(`epoch ${epoch + 1}/${epochs}`, logs, clock(seconds)));
    },
    stopping(text) {
      stop();
      ending = true;
      print(text);
    },
    end: stop,
  };
}

/** Lines of text, for a file or a pipe. */
function plainProgress(
  first: number,
  epochs: number,
  things: string,
  print: (line: string) => void,
): Progress {
  const pace = new Pace(first, epochs - first);
  let printed = performance.now();
  return {
    batch(epoch, done, total, logs) {
      const { rate, left } = pace.at(epoch, done, total);
      if (performance.now() - printed < INTERVAL) return;
      printed = performance.now();
      const share = `${Math.floor(100 * done / total)}%`;
      print(
        `epoch ${epoch + 1}/${epochs}  ${share}  ${rate.toFixed(0)} ${things}/s  ${
          logsText(losses(logs))
        }  ${clock(left)} left`,
      );
    },
    epoch(epoch, logs, seconds) {
      pace.next();
      printed = performance.now();
      print(epochLines(`epoch ${epoch + 1}/${epochs}`, logs, clock(seconds)));
    },
    stopping: print,
    end() {},
  };
}

/** Nothing at all. */
const silent: Progress = { batch() {}, epoch() {}, stopping() {}, end() {} };

/**
 * The progress a run should show: a live line on a terminal, plain lines elsewhere, nothing when quiet.
 *
 * @param first The first epoch to run, from 0.
 * @param epochs The number of epochs in all.
 * @param things What is learned from, such as `"pictures"`.
 */
export function startProgress(
  first: number,
  epochs: number,
  quiet: boolean,
  things = "pictures",
): Progress {
  if (quiet) return silent;
  const start = Deno.stdout.isTerminal() ? liveProgress : plainProgress;
  return start(first, epochs, things, console.log);
}
