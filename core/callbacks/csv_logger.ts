import { DeconvError } from "../errors.ts";
import { writeFileAtomic } from "../file.ts";
import type { Callback } from "./callback.ts";

const NAME = "csvLogger";

/** A field as RFC 4180 has it. */
function field(value: string | number, separator: string): string {
  const text = String(value);
  const plain = !text.includes(separator) && !/["\r\n]/.test(text);
  return plain ? text : `"${text.replaceAll('"', '""')}"`;
}

/**
 * Writes the logs of every epoch as a line of comma-separated values, below a line of names: `epoch`
 * (from 0, as in Keras), then what the first epoch's logs have. Give it after callbacks that add to
 * the logs. Kept: the lines, so that a run that goes on continues them.
 *
 * @param to A file, written anew after each epoch, whole or not at all; or what takes a line.
 * @param options `separator`, default `","`.
 * @throws {DeconvError} When `to` is neither; `fit` throws when the file cannot be written.
 *
 * @example
 * ```ts
 * import { csvLogger, dense, sequential, tensor } from "@deconv/deconv";
 * const net = sequential([dense({ units: 1, inputShape: [1] })]);
 * net.compile({ loss: "mse" });
 * const x = tensor([1, 2], [2, 1]), lines: string[] = [];
 * await net.fit(x, x, { epochs: 2, callbacks: [csvLogger((line) => void lines.push(line))] });
 * console.log(lines); // epoch,loss and two lines of numbers
 * ```
 */
export function csvLogger(
  to: string | ((line: string) => void | Promise<void>),
  { separator = "," }: { separator?: string } = {},
): Callback {
  if (typeof to !== "function" && !(typeof to === "string" && to)) {
    throw new DeconvError(`${NAME} needs the path of a file, or a function that takes a line`);
  }
  let names: string[] = [], lines: string[] = [];
  const add = async (fields: readonly (string | number)[]) => {
    const line = fields.map((value) => field(value, separator)).join(separator);
    lines.push(line);
    if (typeof to === "function") await to(line);
  };
  return {
    name: NAME,
    onTrainBegin: () => {
      names = [];
      lines = [];
    },
    onEpochEnd: async (epoch, logs) => {
      if (!lines.length) {
        names = Object.keys(logs);
        await add(["epoch", ...names]);
      }
      await add([epoch, ...names.map((name) => logs[name] ?? "")]);
      if (typeof to === "string") await writeFileAtomic(to, `${lines.join("\n")}\n`);
    },
    state: () => ({ values: { names, lines: [...lines] } }),
    restore: ({ values }) => {
      const texts = (value: unknown) =>
        Array.isArray(value) && value.every((text) => typeof text === "string");
      if (!texts(values.names) || !texts(values.lines)) {
        throw new DeconvError(
          `Cannot go on: the saved state of ${NAME} has no lines; give initialEpoch: 0 to start anew`,
        );
      }
      names = [...values.names as string[]];
      lines = [...values.lines as string[]];
    },
  };
}
