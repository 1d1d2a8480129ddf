/** Every command runs with no permission but to read and write the paths it was given. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { encodePng, preset, saveModel } from "../mod.ts";
import { createImage } from "../core/image/image.ts";
import { command, filesIn, withFolder } from "./harness/cli.ts";

/** A folder of two classes of plain pictures. */
function makePictures(folder: string): void {
  for (const name of ["dark", "light"]) {
    Deno.mkdirSync(join(folder, name), { recursive: true });
    for (let i = 0; i < 6; i++) {
      const shade = name === "dark" ? 9 * i : 255 - 9 * i;
      const picture = encodePng(createImage(32, 32, [shade, shade, 128]));
      Deno.writeFileSync(join(folder, name, `${i}.png`), picture);
    }
  }
}

/** A command, the paths it reads, those it writes, and what it must leave there. */
interface Task {
  args: string[];
  read?: string[];
  write?: string[];
  leaves?: string[];
}

/** Commands in a folder with pictures, a classifier's run that they make, and a generator. */
const TASKS: readonly Task[] = [
  {
    args: ["train", "--preset", "classifier", "--data", "pictures", "--out", "run", "--epochs", "1"]
      .concat(["--batch-size", "4", "--checkpoint-every", "1", "--images", "1"]),
    read: ["pictures", "run"],
    write: ["run"],
    leaves: ["model.safetensors", "overview.png", "metrics.csv"],
  },
  {
    args: ["train", "--resume", "run", "--epochs", "2", "--checkpoint-every", "1", "--keep", "2"],
    read: ["pictures", "run"],
    write: ["run"],
    leaves: ["model.safetensors", "checkpoint-1-2.safetensors"],
  },
  {
    args: ["render", "run", "--out", "figures", "--images", "1"],
    read: ["pictures", "run", "figures"],
    write: ["figures"],
    leaves: ["overview.png"],
  },
  {
    args: ["evaluate", "run", "--json", "report/run.json"],
    read: ["pictures", "run", "report"],
    write: ["report"],
    leaves: ["run.json"],
  },
  { args: ["evaluate", "run"], read: ["pictures", "run"] },
  {
    args: ["generate", "vae.model", "--out", "samples", "--count", "4", "--walks", "1"],
    read: ["vae.model", "samples"],
    write: ["samples"],
    leaves: ["samples.png", "walk.png"],
  },
  {
    args: ["doctor", "run", "--out", "health", "--images", "2"],
    read: ["pictures", "run", "health"],
    write: ["health"],
    leaves: ["doctor.json", "doctor.png"],
  },
  {
    args: ["atlas", "run", "--out", "units", "--sheets", "1", "--top", "1", "--layer", "conv1"],
    read: ["pictures", "run", "units"],
    write: ["units"],
    leaves: ["atlas.json"],
  },
  {
    args: ["dream", "run", "--out", "dreams", "--steps", "1"],
    read: ["pictures", "run", "dreams"],
    write: ["dreams"],
    leaves: ["dream.png"],
  },
  {
    args: ["explain", "run", "--out", "why", "--images", "1", "--method", "saliency"],
    read: ["pictures", "run", "why"],
    write: ["why"],
    leaves: ["explain.json"],
  },
  { args: ["inspect", "run"], read: ["run"] },
  {
    args: ["convert", "run", "web/model.json"],
    read: ["run", "web"],
    write: ["web"],
    leaves: ["model.json", "group1-shard1of1.bin"],
  },
];

Deno.test("each command runs with exactly the paths it was given", () =>
  withFolder(async (folder) => {
    makePictures(join(folder, "pictures"));
    for (const name of ["report", "web"]) Deno.mkdirSync(join(folder, name));
    const vae = preset("vae").build({ shape: [8, 8, 1], seed: 1 });
    await saveModel(vae, join(folder, "vae.model"));
    for (const { args, read = [], write = [], leaves = [] } of TASKS) {
      const permissions = [
        ...(read.length ? [`--allow-read=${read.join(",")}`] : []),
        ...(write.length ? [`--allow-write=${write.join(",")}`] : []),
      ];
      const { code, stderr } = await command(args, folder, permissions).output();
      const err = new TextDecoder().decode(stderr).trimEnd();
      assert.equal(code, 0, `${args.join(" ")}\n${err}`);
      assert.equal(err, "", args.join(" "));
      const files = write.flatMap((path) => filesIn(join(folder, path)));
      for (const name of leaves) assert.ok(files.includes(name), `${args[0]}: ${name} of ${files}`);
    }
  }));

Deno.test("a path that was not given is refused in a line that says which, and nothing is left", () =>
  withFolder(async (folder) => {
    const train = ["train", "--preset", "article-text", "--samples", "8", "--epochs", "1"];
    const failing = async (args: string[], permissions: string[], message: RegExp) => {
      const { code, stderr } = await command(args, folder, permissions).output();
      const err = new TextDecoder().decode(stderr).trimEnd();
      assert.equal(code, 1, err);
      assert.match(err, message);
      assert.ok(!err.includes("\n"), err);
      assert.deepEqual(filesIn(folder), []);
    };
    await failing([...train, "--out", "run"], [], /^error: .*"run\S*".*--allow-(read|write)/);
    await failing(
      [...train, "--out", "run"],
      ["--allow-read=run"],
      /^error: .*"run\S*".*--allow-write/,
    );
    await failing(
      [...train, "--data", "pictures", "--out", "run"],
      ["--allow-read=run", "--allow-write=run"],
      /^error: Cannot read folder "pictures": Deno was not allowed to: run it with --allow-read/,
    );
  }));
