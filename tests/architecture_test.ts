/** The dependency rule of CONTRIBUTING.md, and the house's habits, as far as a test can hold them. */

import assert from "node:assert/strict";

const ROOT = new URL("../", import.meta.url);

/** Every TypeScript source below a folder, as paths from the root. */
function sourcesIn(folder: string): string[] {
  return [...Deno.readDirSync(new URL(`${folder}/`, ROOT))].flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory) return sourcesIn(path);
    return entry.name.endsWith(".ts") ? [path] : [];
  }).sort();
}

/** A source without its comments and the insides of its texts. */
function codeOf(path: string): string {
  const source = Deno.readTextFileSync(new URL(path, ROOT));
  return source.replaceAll(/\/\*[\s\S]*?\*\/|(?<!:)\/\/.*$/gm, "");
}

interface Import {
  /** A path from the root, or a bare specifier. */
  readonly target: string;
  /** Whether nothing of it is left at run time. */
  readonly typeOnly: boolean;
}

const STATEMENT = /^(?:import|export)\s+(type\s)?([^;]*?\sfrom\s+)?"([^"]+)"/gm;

/** What a source imports and re-exports. */
function importsOf(path: string): Import[] {
  return [...codeOf(path).matchAll(STATEMENT)].map(([, type, names = "", specifier]) => {
    const inner = /\{([^}]*)\}/.exec(names)?.[1];
    const each = inner?.split(",").map((name) => name.trim()).filter(Boolean) ?? [];
    const typeOnly = !!type || each.length > 0 && each.every((name) => name.startsWith("type "));
    const target = specifier.startsWith(".")
      ? new URL(specifier, new URL(path, ROOT)).href.slice(ROOT.href.length)
      : specifier;
    return { target, typeOnly };
  });
}

const GENERATED = ["core/wasm/embedded.ts", "core/image/font_data.ts"];

const LEAVES = [
  ...[
    "errors",
    "tensor",
    "random",
    "schedules",
    "regularizers",
    "constraints",
    "weight_rules",
    "philox",
    "normal",
    "initializers",
    "orthogonal",
    "upscaling_kernels",
    "geometry",
    "signal_geometry",
    "taps",
    "interleaved",
    "planar",
    "pooling",
    "reach",
    "resampling",
    "windows",
    "algorithm",
    "cost",
    "work",
    "block",
    "layout",
    "json",
    "operation",
    "portable_math",
    "name_pattern",
  ],
].map((name) => `core/${name}.ts`);

const isLeaf = (path: string) => LEAVES.includes(path);
const within = (folder: string) => (path: string) => path.startsWith(`${folder}/`);

/** Fails unless each of these sources imports only what is allowed. */
function only(
  paths: readonly string[],
  allowed: (target: string, { typeOnly, from }: { typeOnly: boolean; from: string }) => boolean,
): void {
  assert.ok(paths.length > 0);
  for (const from of paths) {
    for (const { target, typeOnly } of importsOf(from)) {
      assert.ok(allowed(target, { typeOnly, from }), `${from} must not import ${target}`);
    }
  }
}

const core = sourcesIn("core");

Deno.test("the scan of imports sees them", () => {
  const found = importsOf("core/plan.ts");
  assert.ok(found.some(({ target, typeOnly }) => target === "core/operation.ts" && typeOnly));
  assert.ok(found.some(({ target, typeOnly }) => target === "core/layout.ts" && !typeOnly));
  assert.ok(found.some(({ target }) => target === "core/wasm/runtime.ts"));
  assert.ok(importsOf("mod.ts").some(({ target }) => target === "core/layers/conv2d.ts"));
  // Every line that looks like an import is one that was understood.
  for (const path of [...core, "mod.ts"]) {
    const lines = codeOf(path).match(/\bfrom "[^"]+"/g) ?? [];
    assert.equal(importsOf(path).length, lines.length, path);
  }
  for (const path of LEAVES) assert.ok(core.includes(path), path);
});

Deno.test("leaves import leaves", () => only(LEAVES, isLeaf));

Deno.test("core/wasm imports itself and leaves", () => {
  only(
    core.filter(within("core/wasm")),
    (target) => isLeaf(target) || within("core/wasm")(target) || target.startsWith("npm:fflate@"),
  );
});

Deno.test("layer.ts imports leaves", () => only(["core/layer.ts"], isLeaf));

Deno.test("layers know layer.ts, leaves, kernels and what they share, never each other", () => {
  const shared = [
    "activation",
    "borders",
    "convolution",
    "depthwise",
    "kernel",
    "merge",
    "normalization",
    "windows",
  ]
    .map((name) => `core/layers/${name}.ts`);
  const layers = core.filter(within("core/layers"));
  only(
    layers.filter((path) => path !== "core/layers/registry.ts"),
    (target) =>
      isLeaf(target) || target === "core/layer.ts" || within("core/wasm")(target) ||
      shared.includes(target),
  );
  only(
    ["core/layers/registry.ts"],
    (target) => isLeaf(target) || target === "core/layer.ts" || within("core/layers")(target),
  );
});

Deno.test("pictures, data and formats know nothing of models", () => {
  const above =
    /^core\/(model|network|differentiable|sequential|plan|plans|train|graph|save|operation|layer|layers\/.*|exchange\/.*|wasm\/.*)\.ts$/;
  for (const folder of ["core/image", "core/data", "core/formats"]) {
    only(core.filter(within(folder)), (target) => !above.test(target));
  }
});

Deno.test("plans know no model, models no layer kind", () => {
  const plans = ["core/plan.ts", "core/plans.ts", "core/graph.ts", "core/parameters.ts"];
  only(
    plans,
    (target) =>
      !/^core\/(model|network|differentiable|sequential|train|save|presets|layers\/.*)\.ts$/.test(
        target,
      ),
  );
  only(
    ["core/model.ts", "core/network.ts", "core/differentiable.ts", "core/train.ts"],
    (target) => !within("core/layers")(target),
  );
});

Deno.test("methods of explanation know models and what they share, never each other", () => {
  const shared = [
    "ascent",
    "baseline",
    "cam",
    "coalitions",
    "deconvnet",
    "gradient",
    "least_squares",
    "method",
    "one_layer",
    "quadrature",
    "receptive_field",
    "resize",
    "segments",
    "start",
    "target",
    "unfuse",
    "variants",
  ].map((name) => `core/explain/${name}.ts`);
  // A method of several files has a folder of its name.
  const folderOf = (path: string) => /^core\/explain\/\w+/.exec(path)?.[0];
  only(
    core.filter(within("core/explain")),
    (target, { from, typeOnly }) =>
      isLeaf(target) || shared.includes(target) ||
      typeOnly && target === "core/data/dataset.ts" ||
      within("core/explain")(target) && folderOf(target) === folderOf(from) ||
      /^core\/(architecture|model|network|differentiable|sequential|submodel|source|graph|turns|layer|layers\/activation|plan)\.ts$/
        .test(target) ||
      /^core\/explain\/\w+\//.test(from) &&
        /^core\/(layers\/(dense|registry|global_pool|pool_switches2d|reshape)|wasm\/runtime)\.ts$/
          .test(target) ||
      // What goes along with training, and probes, which are trained.
      within("core/explain/network")(from) &&
        (target === "core/optimizers.ts" || typeOnly && target === "core/callbacks/callback.ts"),
  );
});

Deno.test("core imports neither the command line nor the public module", () => {
  only(core, (target) => target !== "mod.ts" && !/^(cli|tests|bench|examples)\//.test(target));
});

Deno.test("no import goes round in a circle", () => {
  const graph = new Map(core.map((path) => [
    path,
    importsOf(path).filter(({ typeOnly }) => !typeOnly).map(({ target }) => target),
  ]));
  const done = new Set<string>();
  const visit = (path: string, trail: readonly string[]) => {
    assert.ok(!trail.includes(path), [...trail, path].join(" → "));
    if (done.has(path)) return;
    graph.get(path)?.forEach((target) => visit(target, [...trail, path]));
    done.add(path);
  };
  core.forEach((path) => visit(path, []));
});

Deno.test("core runs anywhere: no Deno, no node, no DOM but in the two file modules", () => {
  const edge = ["core/data/file.ts", "core/file.ts"];
  for (const path of core.filter((path) => !GENERATED.includes(path) && !edge.includes(path))) {
    const found = /\bDeno\.|["']node:|\bdocument\.|\bwindow\.|\bprocess\./.exec(codeOf(path));
    assert.equal(found?.[0], undefined, `${path} uses ${found?.[0]}`);
  }
});

Deno.test("no default exports, no files too long, no folders of odds and ends", () => {
  const all = [...core, ...sourcesIn("cli"), ...sourcesIn("assembly"), "mod.ts"];
  for (const path of all.filter((path) => !GENERATED.includes(path))) {
    assert.doesNotMatch(codeOf(path), /^export default\b/m, path);
    assert.doesNotMatch(path, /(^|\/)(utils?|helpers?)(\/|\.ts$)/);
  }
  // What counts is code: comments and blank lines may take as much room as they need.
  const long = all.filter((path) => !GENERATED.includes(path) && path !== "mod.ts").map((path) => {
    const lines = codeOf(path).split("\n").filter((line) => line.trim() !== "").length;
    return { path, lines };
  }).filter(({ lines }) => lines > 350);
  assert.deepEqual(long, []);
});
