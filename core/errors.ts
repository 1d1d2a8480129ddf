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
}
