/** A run killed at any moment goes on to the same bits: kill -9, so that nothing of it can tidy up. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { crc32 } from "../core/formats/crc32.ts";
import { decodeSafetensors, random } from "../mod.ts";
import { command, filesIn, run, withFolder } from "./harness/cli.ts";

/** A checksum of everything that a run has learned, its optimizer's state and its progress included. */
function learned(folder: string): string {
  const files = filesIn(folder).filter((name) =>
    /^(model|discriminator-.*)\.safetensors$/.test(name)
  );
  return files.map((name) => {
    const { tensors, metadata } = decodeSafetensors(Deno.readFileSync(join(folder, name)));
    let crc = crc32(new TextEncoder().encode(metadata.training));
    for (const key of Object.keys(tensors).sort()) {
      const { buffer, byteOffset, byteLength } = tensors[key].data;
      crc = crc32(new Uint8Array(buffer, byteOffset, byteLength), crc);
    }
    return `${name} ${crc}`;
  }).join(" ");
}

/** Starts or goes on with a run and kills it so long (ms) after it begins to learn. Tells whether that came in time. */
async function killed(args: string[], cwd: string, after: number): Promise<boolean> {
  const child = command(["train", ...args], cwd).spawn();
  const errors = new Response(child.stderr).text();
  let timer: ReturnType<typeof setTimeout> | undefined;
  for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
    if (timer === undefined && /^into /m.test(text)) {
      timer = setTimeout(() => {
        try {
          child.kill("SIGKILL");
        } catch {
          // It has ended meanwhile.
        }
      }, after);
    }
  }
  const { code, signal } = await child.status;
  clearTimeout(timer);
  if (signal === "SIGKILL") return true;
  assert.equal(code, 0, await errors);
  return false;
}

/** Kills a run so many times on its way; returns how far it had come each time. */
async function killOften(
  args: string[],
  { times, share, seed, folder }: {
    times: number;
    /** The latest moment, as a part of what the whole run takes. */
    share: number;
    seed: number;
    folder: string;
  },
): Promise<string[]> {
  const whole = join(folder, "whole"), parts = join(folder, "parts");
  const began = performance.now();
  assert.equal((await run("train", ...args, "--quiet", "--out", whole)).code, 0);
  const longest = share * (performance.now() - began);
  const expected = learned(whole), moments = random(seed, "moments");
  const places: string[] = [];
  let started = 0;
  const saving = ["--checkpoint-every", "1"];
  while (places.length < times) {
    const begun = filesIn(folder).includes("parts/model.safetensors");
    const how = begun ? ["--resume", parts] : [...args, "--out", parts];
    if (await killed([...how, ...saving], folder, longest * moments.uniform(started++, 0))) {
      const { metadata } = filesIn(folder).includes("parts/model.safetensors")
        ? decodeSafetensors(Deno.readFileSync(join(parts, "model.safetensors")))
        : { metadata: { training: `{"epoch":0,"batch":0}` } };
      const { epoch, batch } = JSON.parse(metadata.training);
      places.push(`${epoch}:${batch}`);
      // In the pictures after the last epoch there is nothing left to go on with.
      if (epoch < Number(args[args.indexOf("--epochs") + 1])) continue;
    }
    assert.equal(learned(parts), expected, `after ${places.join(" ")}`);
    Deno.removeSync(parts, { recursive: true });
  }
  if (filesIn(folder).includes("parts/model.safetensors")) {
    const { code, err } = await run("train", "--resume", parts, "--quiet");
    assert.equal(code, 0, err);
    assert.equal(learned(parts), expected, `after ${places.join(" ")}`);
    assert.deepEqual(filesIn(parts), filesIn(whole), "nothing half-written is left");
  }
  return places;
}

Deno.test("a run killed at 20 moments ends with the bits of one never killed", () =>
  withFolder(async (folder) => {
    const args = [
      ...["--preset", "article-text", "--samples", "256", "--batch-size", "4", "--epochs", "4"],
      ...["--augment", "flip,crop:padding=2", "--images", "1"],
    ];
    const places = await killOften(args, { times: 20, share: 0.25, seed: 11, folder });
    assert.ok(new Set(places).size > 4, `killed at ${places.join(" ")}`);
    assert.ok(places.some((place) => !place.endsWith(":0")), "never within an epoch");
  }));

Deno.test("so does a generator with its adversary, whose states are two files", () =>
  withFolder(async (folder) => {
    const args = ["--preset", "dcgan", "--samples", "12", "--batch-size", "2", "--epochs", "2"];
    const places = await killOften([...args, "--images", "1"], {
      times: 4,
      share: 0.5,
      seed: 12,
      folder,
    });
    assert.ok(new Set(places).size > 1, `killed at ${places.join(" ")}`);
  }));
