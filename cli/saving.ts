import { join } from "node:path";
import { writeFileAtomic } from "../core/file.ts";
import { encodeModel } from "../mod.ts";
import type { Start } from "./run.ts";
import { MODEL_FILE } from "./run_folder.ts";

/** Names of discriminators' files: they carry the progress they belong to. */
const DISCRIMINATORS = /^discriminator-\d+-\d+\.safetensors$/;

/** A function that saves a run where it stands: whole, or as it was before. */
export function saver({ model, discriminator, run }: Start, folder: string): () => Promise<void> {
  const metadata = {
    run: JSON.stringify(run),
    seed: `${run.seed}`,
    ...(run.data === undefined ? {} : { data: run.data }),
  };
  if (!discriminator) return () => model.save(join(folder, MODEL_FILE), metadata);
  return async () => {
    // The generator's file names its adversary's, so a run that dies between the two goes on from before.
    const { epoch, batch } = model.progress;
    const name = `discriminator-${epoch}-${batch}.safetensors`;
    await writeFileAtomic(join(folder, name), encodeModel(discriminator));
    await model.save(join(folder, MODEL_FILE), { ...metadata, discriminator: name });
    for (const { name: other } of Deno.readDirSync(folder)) {
      if (other !== name && DISCRIMINATORS.test(other)) Deno.removeSync(join(folder, other));
    }
  };
}
