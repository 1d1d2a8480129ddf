/**
 * The one error class for mistakes a user can make and mend.
 *
 * Its message is a single line that says what was wrong, where, and what to do; the command line
 * prints it without a stack trace. Any other error that escapes is a bug in deconv.
 *
 * @example
 * ```ts
 * import { DeconvError } from "@deconv/deconv";
 * try {
 *   throw new DeconvError('Cannot read "model.safetensors": the file is empty');
 * } catch (error) {
 *   console.log(error instanceof DeconvError); // true
 * }
 * ```
 */
export class DeconvError extends Error {
  /** Always `"DeconvError"`. */
  override readonly name = "DeconvError";

  /**
   * Makes an error whose message is one line, whatever it quotes.
   *
   * @param message Names out of files may hold ends of lines and commands for terminals: they are spelled out.
   */
  constructor(message: string, options?: ErrorOptions) {
    super(message.replaceAll(UNPRINTABLE, spelled), options);
  }
}

/** Ends of lines, controls of terminals, and what turns text around. */
const UNPRINTABLE = /[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/gu;

const spelled = (character: string) =>
  character === "\n" ? "\\n" : `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
