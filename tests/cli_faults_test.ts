/**
 * What a run does about a world that fails: one clear line, and what was saved stays. Each row of
 * cli/faults.md that is not tested elsewhere.
 */

import assert from "node:assert/strict";
import { join } from "node:path";
import { decodeModel, encodePng } from "../mod.ts";
import { createImage } from "../core/image/image.ts";
import { command, denoArguments, filesIn, run, withFolder } from "./harness/cli.ts";

/** Makes a folder of two classes of plain pictures. */
function makePictures(folder: string, count = 8): void {
  for (const name of ["dark", "light"]) {
    Deno.mkdirSync(join(folder, name), { recursive: true });
    for (let i = 0; i < count; i++) {
      const shade = name === "dark" ? i % 99 : 255 - i % 99;
      const picture = encodePng(createImage(16, 16, [shade, shade, shade]));
      Deno.writeFileSync(join(folder, name, `${i}.png`), picture);
    }
  }
}

const RUN = ["--preset", "article-text", "--batch-size", "4", "--images", "1", "--quiet"];

Deno.test("a corrupt picture is refused by name, or skipped and named; the choice goes along", () =>
  withFolder(async (folder) => {
    const pictures = join(folder, "pictures"), out = join(folder, "run");
    makePictures(pictures);
    const whole = Deno.readFileSync(join(pictures, "dark", "3.png"));
    Deno.writeFileSync(join(pictures, "dark", "3.png"), whole.subarray(0, whole.length - 20));
    Deno.writeFileSync(join(pictures, "light", "5.png"), new Uint8Array());
    const data = ["--data", pictures, "--size", "16", "--epochs", "1"];

    const refused = await run("train", ...RUN, ...data, "--out", out);
    assert.equal(refused.code, 1);
    assert.match(refused.err, /^error: Cannot read \S*(dark\/3|light\/5)\.png as [^\n]+$/);
    assert.deepEqual(filesIn(folder).filter((name) => name.startsWith("run")), []);

    const skipped = await run("train", ...RUN, ...data, "--corrupt", "skip", "--out", out);
    assert.equal(skipped.code, 0, skipped.err);
    const named = (text: string) => {
      const lines = text.split("\n");
      assert.equal(lines.length, 2, text);
      assert.match(lines[0], /^skipped: Cannot read \S*dark\/3\.png as PNG: .+/);
      assert.match(lines[1], /^skipped: Cannot read \S*light\/5\.png as a picture: it is empty$/);
    };
    named(skipped.err);
    const again = await run("train", "--resume", out, "--epochs", "2", "--quiet");
    assert.equal(again.code, 0, again.err);
    named(again.err);
    assert.equal((await run("train", "--resume", out, "--corrupt", "skip")).code, 2);
    assert.equal((await run("train", ...RUN, "--corrupt", "ignore")).code, 2);
  }));

Deno.test("a data folder that is removed ends the run; it goes on once the data are back", () =>
  withFolder(async (folder) => {
    const pictures = join(folder, "pictures"), away = join(folder, "away");
    const out = join(folder, "run"), model = join(out, "model.safetensors");
    makePictures(pictures, 300);
    const loud = RUN.filter((option) => option !== "--quiet");
    const args = [...loud, "--data", pictures, "--size", "64", "--epochs", "1", "--out", out];
    const child = command(["train", ...args, "--checkpoint-every", "1"], folder).spawn();
    const errors = new Response(child.stderr).text();
    for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
      if (!/^into /m.test(text)) continue;
      // Once there is a state to go on from.
      for (let i = 0; i < 4000 && !filesIn(out).includes("model.safetensors"); i++) {
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      Deno.renameSync(pictures, away);
    }
    assert.equal((await child.status).code, 1);
    assert.match(
      await errors,
      /^error: Cannot read file "\S*png": there is no such path\. The model as it was in epoch 1 after \d+ batches is in \S*model\.safetensors\n$/,
    );
    const saved = Deno.readFileSync(model);
    const lost = await run("train", "--resume", out, "--quiet");
    assert.equal(lost.code, 1);
    assert.match(lost.err, /^error: .*"\S*pictures": there is no such path .*--data says where/);
    assert.deepEqual(Deno.readFileSync(model), saved);
    const again = await run("train", "--resume", out, "--data", away, "--quiet");
    assert.equal(again.code, 0, again.err);
  }));

Deno.test("files that may grow no further end the run; the state before stays whole", () =>
  withFolder(async (folder) => {
    const out = join(folder, "run"), args = ["--preset", "article-text", "--samples", "64"];
    const first = await run("train", ...args, "--epochs", "1", "--images", "1", "--out", out);
    assert.equal(first.code, 0, first.err);
    const before = Deno.readFileSync(join(out, "model.safetensors")), files = filesIn(out);
    // 64 blocks of 1024 bytes: a quarter of the model.
    const deno = denoArguments(["train", "--resume", out, "--epochs", "2"]);
    const { code, stderr } = await new Deno.Command("bash", {
      args: ["-c", `trap '' XFSZ; ulimit -f 64; exec "$0" "$@"`, Deno.execPath(), ...deno],
      env: { NO_COLOR: "1" },
    }).output();
    const err = new TextDecoder().decode(stderr).trimEnd();
    assert.equal(code, 1, err);
    assert.match(
      err,
      /^error: Cannot write "\S*model\.safetensors": the file is larger than the system allows\. The model as it was after epoch 1 is in \S*model\.safetensors$/,
    );
    assert.deepEqual(Deno.readFileSync(join(out, "model.safetensors")), before);
    decodeModel(before);
    assert.deepEqual(filesIn(out).filter((name) => !name.startsWith("checkpoint")), files);
    const again = await run("train", "--resume", out, "--epochs", "2", "--quiet");
    assert.equal(again.code, 0, again.err);
  }));

/** Whether a disk of one's own can be had: a small one in memory, in a name space of its own. */
const mounts = (() => {
  try {
    const args = ["-rm", "mount", "-t", "tmpfs", "none", "/mnt"];
    return new Deno.Command("unshare", { args, stderr: "null" }).outputSync().success;
  } catch {
    return false;
  }
})();

Deno.test({
  name: "a full disk ends the run; what was saved is whole",
  ignore: !mounts,
  fn: () =>
    withFolder(async (folder) => {
      const disk = join(folder, "disk"), kept = join(folder, "kept.safetensors");
      Deno.mkdirSync(disk);
      // Room for one state of the model, and not for the one that is to take its place.
      const script = `mount -t tmpfs -o size=400k none "$1" || exit 9
        shift; "$@"; code=$?; cp disk/run/model.safetensors kept.safetensors; ls disk/run >&2; exit $code`;
      const args = ["train", ...RUN, "--samples", "64", "--epochs", "1", "--keep", "1"];
      const deno = denoArguments([...args, "--checkpoint-every", "3", "--out", "disk/run"]);
      const { code, stderr } = await new Deno.Command("unshare", {
        args: ["-rm", "bash", "-c", script, "bash", disk, Deno.execPath(), ...deno],
        cwd: folder,
        env: { NO_COLOR: "1" },
      }).output();
      const [error, ...files] = new TextDecoder().decode(stderr).trimEnd().split("\n");
      assert.equal(code, 1, error);
      assert.match(
        error,
        /^error: Cannot write "\S*model\.safetensors": the disk is full\. The model as it was in epoch 1 after 3 batches is in disk\/run\/model\.safetensors$/,
      );
      assert.deepEqual(files, ["model.safetensors"]);
      assert.deepEqual(decodeModel(Deno.readFileSync(kept)).model.progress, { epoch: 0, batch: 3 });
    }),
});

Deno.test("weights that are no numbers any more are not saved, also within an epoch", () =>
  withFolder(async (folder) => {
    const out = join(folder, "run"), rate = ["--optimizer", "adam", "--learning-rate", "3e38"];
    const args = [...RUN, "--samples", "16", ...rate, "--checkpoint-every", "1", "--out", out];
    const { code, err } = await run("train", ...args);
    assert.equal(code, 1, err);
    assert.match(
      err,
      /^error: Training stopped: the weights \S+ are not finite after batch 1 of epoch 1; try [^\n]*$/,
    );
    assert.ok(!filesIn(folder).some((name) => name.endsWith(".safetensors")));
  }));
