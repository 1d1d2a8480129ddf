import { DeconvError } from "../core/errors.ts";
import type { ConvGeometry } from "../core/geometry.ts";
import { parseGeometry } from "./geometry.ts";
import { CONV_OPS, type ConvOp } from "./passes.ts";

/** The files in shapes/: networks whose convolutions are timed one by one. */
export const SHAPE_LISTS = ["article", "autoencoder", "dcgan", "unet"] as const;

/** One line of a shape list. */
export interface ShapeLine {
  /** The list it stands in. */
  readonly list: string;
  /** Which way round the geometry is run. */
  readonly op: ConvOp;
  /** The descriptor, as written. */
  readonly text: string;
  /** What it stands for. */
  readonly geometry: ConvGeometry;
}

/**
 * Reads shapes/`list`.txt: `op descriptor` a line; empty lines and those that begin with # say nothing.
 *
 * @throws {DeconvError} Naming file and line that are wrong.
 */
export function readShapes(list: string): ShapeLine[] {
  const lines = Deno.readTextFileSync(new URL(`shapes/${list}.txt`, import.meta.url)).split("\n");
  return lines.flatMap((line, i): ShapeLine[] => {
    if (!line.trim() || line.startsWith("#")) return [];
    const [word, text = "", ...more] = line.trim().split(/\s+/);
    const op = CONV_OPS.find((name) => name === word);
    try {
      if (!op || more.length) {
        throw new DeconvError(`expected "${CONV_OPS.join('" or "')}" and a descriptor`);
      }
      return [{ list, op, text, geometry: parseGeometry(text) }];
    } catch (error) {
      if (!(error instanceof DeconvError)) throw error;
      throw new DeconvError(
        `Cannot read bench/shapes/${list}.txt, line ${i + 1}: ${error.message}`,
      );
    }
  });
}
