/**
 * The versions of the packages that are compared. They are loaded by computed names, so that neither a
 * type check nor the tests fetch half a gigabyte: only `deno task bench --peers` does.
 *
 * @module
 */

const VERSIONS = {
  "onnxruntime-node": "1.30.0",
  "onnxruntime-web": "1.30.0",
  "@tensorflow/tfjs": "4.22.0",
  "@tensorflow/tfjs-backend-wasm": "4.22.0",
  "@jax-js/jax": "0.1.25",
};

/** A package that a peer is made of. */
export type PackageName = keyof typeof VERSIONS;

/** Name and version. */
export function titleOf(name: PackageName): string {
  return `${name} ${VERSIONS[name]}`;
}

/** Loads a package as what the caller says it is. */
export async function load<T>(name: PackageName): Promise<T> {
  return await import(`npm:${name}@${VERSIONS[name]}`);
}
