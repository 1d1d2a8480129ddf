/** cli/faults.md: every row of its table is a test. */

import assert from "node:assert/strict";

Deno.test("every fault of the table has the test it names", () => {
  const read = (path: string) => Deno.readTextFileSync(new URL(path, import.meta.url));
  const rows = read("../cli/faults.md").split("\n").filter((line) =>
    /^\| (?!fault|---)/.test(line)
  );
  assert.ok(rows.length > 10);
  for (const row of rows) {
    const [, file, name] = /\| (\w+_test\.ts): (.+?) +\|$/.exec(row) ?? assert.fail(row);
    assert.ok(read(file).includes(JSON.stringify(name)), `${file} has no test "${name}"`);
  }
});
