/** Models of other programs beside the repo (`../shared/data/models`, whose README says what they are). */

const DATA = new URL("../../../shared/data/", import.meta.url);

/** Where a file of the models is. */
export function sharedModel(path: string): string {
  return new URL(`models/${path}`, DATA).pathname;
}

/** Whether the folder is there and may be read. */
export const sharedModelsPresent: boolean = (() => {
  try {
    // Asked first, because reading without the permission would stop a terminal with a question.
    const read = Deno.permissions.querySync({ name: "read", path: DATA });
    return read.state === "granted" && Deno.statSync(new URL("models/", DATA)).isDirectory;
  } catch {
    return false;
  }
})();

/** What a test's name ends with where there are no models. */
export const skippedModels: string = sharedModelsPresent
  ? ""
  : " (skipped: there is no ../shared/data/models)";

/** Records of CIFAR-10's file: pictures `[count, 32, 32, 3]` of pixels 0 … 255, and classes. */
export function cifarRecords(file: string, from: number, count: number) {
  const bytes = Deno.readFileSync(new URL(`cifar10/${file}`, DATA));
  const data = new Float32Array(count * 3072), labels: number[] = [];
  for (let i = 0; i < count; i++) {
    const start = (from + i) * 3073;
    labels.push(bytes[start]);
    for (let j = 0; j < 3072; j++) data[i * 3072 + j % 1024 * 3 + (j >> 10)] = bytes[start + 1 + j];
  }
  return { x: { shape: [count, 32, 32, 3], data }, labels };
}
