/** `deno task oracle`: it passes what is right, fails what is wrong, and says so in the agreed words. */

import assert from "node:assert/strict";
import { encodeSafetensors } from "../core/formats/safetensors_write.ts";
import conv2dGolden from "./golden/conv2d.json" with { type: "json" };
import layersGolden from "./golden/layers.json" with { type: "json" };
import lossesGolden from "./golden/losses.json" with { type: "json" };
import optimizersGolden from "./golden/optimizers.json" with { type: "json" };
import { type GoldenFile, type OracleCase, readGolden } from "./harness/oracle.ts";
import { judgeCase } from "./harness/oracle_product.ts";

const golden = (file: unknown) => readGolden(file as GoldenFile);

/** A case with one element of one tensor changed. */
function damaged(c: OracleCase, name: string, by: number): OracleCase {
  const { shape, data } = c.tensors[name];
  const changed = data.slice();
  const largest = Math.max(...data.map(Math.abs));
  changed[changed.length - 1] += by * largest;
  return { ...c, tensors: { ...c.tensors, [name]: { shape, data: changed } } };
}

Deno.test("judgeCase: right answers pass, each wrong one fails", async () => {
  const cases = [...golden(conv2dGolden), ...golden(layersGolden), ...golden(lossesGolden)];
  for (const c of cases) {
    assert.equal(await judgeCase(c), null, c.name);
    const results = "loss" in c.tensors
      ? Object.keys(c.tensors).filter((name) => name === "loss" || /^d[a-z]/.test(name))
      : ["y", "dx", "dkernel", "dbias"].filter((name) => name in c.tensors);
    assert.ok(results.length >= 2, c.name);
    for (const name of results) {
      assert.match(
        (await judgeCase(damaged(c, name, 1e-3)))!,
        new RegExp(`^${name} is off by`),
        c.name,
      );
      assert.equal(
        await judgeCase(damaged(c, name, 1e-5)),
        null,
        `${c.name} ${name} within the limit`,
      );
    }
  }
});

Deno.test("judgeCase: optimizers step by step", async () => {
  const [c] = golden(optimizersGolden);
  // The golden part keeps some steps only; the first is the same in a run of one.
  const { shape, data } = c.tensors.trajectory;
  const trajectory = { shape: [1, shape[1]], data: data.slice(0, shape[1]) };
  const one = {
    ...c,
    settings: { ...c.settings, steps: 1 },
    tensors: { ...c.tensors, trajectory },
  };
  assert.equal(await judgeCase(one), null);
  assert.match((await judgeCase(damaged(one, "trajectory", 1e-3)))!, /trajectory is off/);
});

Deno.test("judgeCase: what is missing, misshapen or unknown fails", async () => {
  const [c] = golden(conv2dGolden);
  const { y, ...rest } = c.tensors;
  assert.equal(await judgeCase({ ...c, name: "winograd/000/" }), "not implemented");
  assert.match(
    (await judgeCase({ ...c, tensors: { ...rest, extra: y } }))!,
    /extra was not computed/,
  );
  assert.match(
    (await judgeCase({ ...c, tensors: { ...c.tensors, dkernel: y } }))!,
    /dkernel has shape/,
  );
  assert.match(
    (await judgeCase({ ...c, settings: { ...c.settings, strides: [0, 1] } }))!,
    /strides/,
  );
  assert.notEqual(await judgeCase({ ...c, tensors: {} }), null);
});

const BESIDE = new URL("./oracle.ts", import.meta.url);

async function run(...args: string[]) {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", BESIDE.href, ...args],
    env: { NO_COLOR: "1" },
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, lines: text(stdout).trimEnd().split("\n"), errors: text(stderr) };
}

Deno.test("the command: summaries, the last line, exit codes", async () => {
  const folder = await Deno.makeTempDir({ prefix: "oracle #1 " });
  const write = async (name: string, cases: readonly OracleCase[]) => {
    const settings = cases.map((c) => ({ ...c.settings, tensors: undefined }));
    const tensors = cases.flatMap((c) =>
      Object.entries(c.tensors).map(([key, tensor]) => [`${c.name}${key}`, tensor] as const)
    );
    await Deno.writeTextFile(`${folder}/${name}.json`, JSON.stringify(settings));
    await Deno.writeFile(
      `${folder}/${name}.safetensors`,
      encodeSafetensors(Object.fromEntries(tensors)),
    );
  };
  try {
    const cases = golden(conv2dGolden);
    await write("conv2d", cases);
    const good = await run(folder);
    assert.deepEqual([good.code, good.lines.at(-1)], [0, `${cases.length} passed, 0 failed`]);

    await write(
      "more",
      [damaged(cases[0], "dx", 0.1), { ...cases[1], name: "nothing/1/" }].map(
        (c) => ({ ...c, settings: { ...c.settings, case: c.name } }),
      ),
    );
    const bad = await run(folder);
    assert.deepEqual([bad.code, bad.lines.at(-1)], [1, `${cases.length} passed, 2 failed`]);
    assert.ok(bad.lines.some((line) => /more: conv2d\/000\/ dx is off by/.test(line)));
    assert.ok(bad.lines.some((line) => /nothing\/1\/ not implemented/.test(line)));

    await Deno.truncate(`${folder}/more.safetensors`, 100);
    for (const [args, code] of [[[folder], 1], [["/no/such/folder"], 1], [[], 2]] as const) {
      const { code: actual, errors } = await run(...args);
      assert.equal(actual, code, errors);
      assert.equal(errors.trimEnd().split("\n").length, 1, errors);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
