/**
 * The command line of deconv: `deno run jsr:@deconv/deconv/cli train`, or `deno task train` in a
 * checkout. Each command is a file of its own in this folder.
 *
 * @module
 */
import { Command, CommanderError } from "commander";
import { DeconvError } from "../mod.ts";
import { atlasCommand } from "./atlas.ts";
import { convertCommand } from "./convert.ts";
import { doctorCommand } from "./doctor.ts";
import { dreamCommand } from "./dream.ts";
import { evaluateCommand } from "./evaluate.ts";
import { explainCommand } from "./explain.ts";
import { generateCommand } from "./generate.ts";
import { inspectCommand } from "./inspect.ts";
import { renderCommand } from "./render.ts";
import { trainCommand } from "./train.ts";

/** As in deno.json; a test compares the two. */
const VERSION = "0.1.0";

/**
 * Runs the command line and returns the exit code: 0 when all went well, 1 when something was wrong
 * with the data, a file or the network, 2 for wrong usage, 130 when it was interrupted.
 *
 * @param args The arguments after the program's name.
 */
export async function main(args: readonly string[]): Promise<number> {
  const program = new Command("deconv")
    .description("Train, look at and explain convolutional and deconvolutional networks.")
    .version(VERSION)
    .configureOutput({
      // Without these two commander asks the environment about colours, which needs a permission.
      getOutHasColors: () => false,
      getErrHasColors: () => false,
      getOutHelpWidth: () => 80,
      getErrHelpWidth: () => 80,
      writeOut: (text) => console.log(text.trimEnd()),
      writeErr: (text) => console.error(text.trimEnd()),
      outputError: (text, write) => write(`${text.trim().replaceAll("\n", " ")} (see --help)`),
    })
    .exitOverride();
  let code = 0;
  for (
    const make of [
      trainCommand,
      renderCommand,
      evaluateCommand,
      generateCommand,
      explainCommand,
      doctorCommand,
      atlasCommand,
      convertCommand,
      inspectCommand,
      dreamCommand,
    ]
  ) {
    program.addCommand(make((result) => code = result).copyInheritedSettings(program));
  }
  try {
    await program.parseAsync([...args], { from: "user" });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (error instanceof DeconvError) {
      console.error(`error: ${error.message}`);
      return 1;
    }
    throw error;
  }
}

if (import.meta.main) Deno.exitCode = await main(Deno.args);
