/**
 * What a layer kind's file in this folder exports as `layer`: every case it is put through by
 * tests/layers_test.ts. A kind without such a file fails that test.
 */

import type { Layer } from "../../mod.ts";
import { type Array32, randomNormal, seedOf } from "../harness/random_array.ts";
import type { Arrays, LayerSubject } from "../harness/run_layer.ts";
import type { NumberArray } from "../reference/array.ts";
import type { InvalidCase } from "./descriptor.ts";

/** One layer kind: its cases as subjects of `checkLayer`, and the options it must refuse. */
export interface LayerTable {
  /** The kind, as in the registry. */
  readonly kind: string;
  /** Legal cases, with a name that says shapes and options in a word, and why they are there. */
  subjects(): readonly (LayerSubject & { readonly why: string })[];
  /** Makes the layer from options of `refused`. */
  // deno-lint-ignore no-explicit-any
  readonly make?: (options: any) => Layer;
  /** Options that must be refused. */
  readonly refused?: readonly InvalidCase[];
}

/** What a reference is given. */
export interface Given<O> {
  /** The first input, batch first. */
  readonly x: Array32;
  /** All inputs. */
  readonly inputs: readonly Array32[];
  /** The parameters by name. */
  readonly parameters: Arrays;
  /** The gradient of the output. */
  readonly dy: Array32;
  /** The layer's options. */
  readonly options: O;
}

/** A case: why it is there, the shapes of its inputs (batch included), the options. */
export type Row<O> = readonly [why: string, shapes: readonly (readonly number[])[], options: O];

/** How the cases of a table are made of its rows. */
export interface TableOptions<O> {
  readonly kind: string;
  // deno-lint-ignore no-explicit-any
  make(options: any): Layer;
  readonly rows: readonly Row<O>[];
  /** Results of a training pass by name, as `LayerSubject.expected` has them. */
  expected(given: Given<O>): Arrays<NumberArray>;
  /** y where not training; left out: the same. */
  inference?(given: Given<O>): NumberArray;
  /** Left out: 1 for everything. */
  terms?(given: Given<O>): Readonly<Record<string, number>>;
  /** ε of the gradient check. Left out: none. */
  readonly step?: number;
  readonly linear?: boolean;
  readonly constant?: readonly number[];
  readonly tolerance?: number;
  /** Draws input `i`; left out: normal numbers. */
  input?(i: number, shape: readonly number[], seed: number, options: O): Array32;
  /** Draws a parameter; left out: normal numbers. */
  parameter?(name: string, shape: readonly number[], seed: number): Array32;
  readonly refused?: readonly InvalidCase[];
}

/** A table whose cases get numbers drawn by their names. */
export function layerTable<O>(table: TableOptions<O>): LayerTable {
  const { kind, make, rows, refused } = table;
  return {
    kind,
    make,
    refused,
    subjects: () => rows.map(([why, shapes, options]) => subject(table, why, shapes, options)),
  };
}

function subject<O>(
  table: TableOptions<O>,
  why: string,
  shapes: readonly (readonly number[])[],
  options: O,
): LayerSubject & { readonly why: string } {
  const name = `${table.kind} ${shapes.map((s) => s.join("x")).join("+")} ${
    JSON.stringify(options)
  }`;
  const seed = (what: string) => seedOf(`${name}/${what}`);
  const draw = table.input ?? ((_i, shape, seed) => randomNormal(shape, seed));
  const inputs = shapes.map((shape, i) => draw(i, shape, seed(`x${i}`), options));
  const make = () => table.make(options);
  // The layer says which parameters it has and what shape its output is; the reference checks it.
  const bare = { name, make, x: inputs[0], more: inputs.slice(1), dy: inputs[0], parameters: {} };
  const layer = make(), shapesOfOne = shapes.map((shape) => shape.slice(1));
  const drawParameter = table.parameter ?? ((_name, shape, seed) => randomNormal(shape, seed));
  const parameters = Object.fromEntries(
    layer.parameterSpecs(shapesOfOne).map((spec) => [
      spec.name,
      drawParameter(spec.name, spec.shape, seed(spec.name)),
    ]),
  );
  const dy = randomNormal([shapes[0][0], ...layer.outputShape(shapesOfOne)], seed("dy"));
  const given = { x: inputs[0], inputs, parameters, dy, options };
  const { inference, step, linear, constant, tolerance } = table;
  return {
    ...bare,
    why,
    dy,
    parameters,
    expected: () => table.expected(given),
    inference: inference && (() => inference(given)),
    terms: table.terms?.(given) ?? {},
    step,
    linear,
    constant,
    tolerance,
  };
}
