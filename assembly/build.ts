/**
 * Compiles the kernels into `core/wasm/embedded.ts`, a TypeScript module that holds the WASM as
 * base64 (deflated: half the size): the one form that loads with no permissions, over http, in a worker and in a bundle.
 *
 * There are two builds of the one source: relaxed, which may fuse a multiplication and an addition
 * into one rounding, and strict, which may not and gives the same bits everywhere (simd.ts).
 *
 * Run as `deno task build`; it does nothing when the module is newer than every source.
 */

const here = new URL(".", import.meta.url);
const target = new URL("../core/wasm/embedded.ts", here);

/**
 * Where the compiler's static data goes, a record for each function used as a job. Nobody reads it,
 * but every thread's instantiation writes it again, so it must lie where nothing else is: between
 * ZEROS and ARENA (a test looks).
 */
const STATIC_DATA = 0x11000;

/** Whether the embedded module is newer than everything it is made of. */
async function upToDate(): Promise<boolean> {
  try {
    const built = (await Deno.stat(target)).mtime!.getTime();
    for await (const entry of Deno.readDir(here)) {
      if ((await Deno.stat(new URL(entry.name, here))).mtime!.getTime() > built) return false;
    }
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** What the kernels are made of, as Binaryen calls it: no more, or older engines could not read them. */
const FEATURES = [
  "MutableGlobals",
  "SignExt",
  "NontrappingFPToInt",
  "BulkMemory",
  "BulkMemoryOpt",
  "SIMD128",
  "Atomics",
] as const;

/** The builds: what the compiler may use, and the optimiser. */
const BUILDS = {
  relaxed: { enable: "simd,threads,relaxed-simd", features: [...FEATURES, "RelaxedSIMD"] },
  strict: { enable: "simd,threads", features: FEATURES },
} as const;

/** Compiles assembly/index.ts without optimisation: that is left to `optimize`. */
async function compile(enable: string): Promise<Uint8Array> {
  const { default: asc } = await import("assemblyscript/asc");
  let wasm: Uint8Array | undefined;
  const { error, stderr } = await asc.main(
    [
      "index.ts",
      "--outFile=deconv.wasm",
      "-O0",
      "--noAssert",
      "--runtime=stub",
      `--enable=${enable}`,
      "--importMemory",
      "--noExportMemory",
      "--sharedMemory",
      "--initialMemory=65536",
      "--maximumMemory=65536",
      `--memoryBase=${STATIC_DATA}`,
      "--disableWarning=112",
    ],
    {
      readFile: (name: string) => {
        try {
          return Deno.readTextFileSync(new URL(name, here));
        } catch {
          return null;
        }
      },
      writeFile: (name: string, contents: Uint8Array | string) => {
        if (name.endsWith(".wasm")) wasm = contents as Uint8Array;
      },
    },
  );
  if (error || !wasm) throw new Error(`The kernels do not compile:\n${stderr}`);
  return wasm;
}

/**
 * -O3 without the simplify-locals passes: those nest each accumulator of the microkernel into one
 * dependent chain of multiply-adds, which costs a quarter of its speed (46 instead of 57 GF/s).
 */
async function optimize(
  wasm: Uint8Array,
  features: readonly (typeof FEATURES[number] | "RelaxedSIMD")[],
): Promise<Uint8Array> {
  const { default: binaryen } = await import("binaryen");
  const module = binaryen.readBinary(wasm);
  module.setFeatures(features.reduce((sum, name) => sum | binaryen.Features[name], 0));
  for (const variant of ["", "-nostructure", "-notee", "-nonesting", "-notee-nostructure"]) {
    binaryen.addPassToSkip(`simplify-locals${variant}`);
  }
  binaryen.setOptimizeLevel(3);
  binaryen.setShrinkLevel(0);
  module.optimize();
  if (!module.validate()) throw new Error("The optimised kernels are not valid WebAssembly");
  return module.emitBinary();
}

const kilobytes = ({ length }: Uint8Array) => (length / 1024).toFixed(1);

function base64(bytes: Uint8Array): string {
  let text = "";
  for (let i = 0; i < bytes.length; i += 0x8000) {
    text += String.fromCharCode(...bytes.subarray(i, i + 0x8000));
  }
  return btoa(text);
}

if (!(await upToDate())) {
  const { deflateSync } = await import("fflate");
  const source = [
    "// Made by assembly/build.ts from the kernels in assembly/. Do not edit: change those.",
  ];
  const sizes: string[] = [];
  for (const [name, { enable, features }] of Object.entries(BUILDS)) {
    const wasm = await optimize(await compile(enable), features);
    const packed = deflateSync(wasm, { level: 9 });
    source.push(
      `/** The ${name} kernels: WebAssembly, deflated, in base64. */`,
      `export const ${name.toUpperCase()}_KERNELS: string = "${base64(packed)}";`,
    );
    sizes.push(`${kilobytes(wasm)} KB (${kilobytes(packed)} embedded) ${name}`);
  }
  // Under another name first: a build that is cut off leaves no half module.
  const draft = new URL(`embedded.ts.${Deno.pid}.tmp`, target);
  await Deno.writeTextFile(draft, [...source, ""].join("\n"));
  await Deno.rename(draft, target);
  console.error(`Built the kernels: ${sizes.join(" and ")} of WebAssembly`);
}
