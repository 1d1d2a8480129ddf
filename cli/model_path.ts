import { join } from "node:path";
import { MODEL_FILE } from "./run_folder.ts";

/** The model's file, given itself or the folder of its run. */
export function modelPath(given: string): string {
  try {
    if (Deno.statSync(given).isDirectory) return join(given, MODEL_FILE);
  } catch {
    // Reading it will say what is wrong with it.
  }
  return given;
}
