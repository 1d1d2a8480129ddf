/** A layer at the place where it is written to an ONNX graph. */
import { DeconvError } from "../../errors.ts";
import type { Config } from "../../layer.ts";
import type { Shape, Tensor } from "../../tensor.ts";
import type { GraphWriter } from "./graph_writer.ts";

/** What an exporter is told of a layer. */
export interface ExportSite {
  /** Where nodes and arrays go. */
  readonly to: GraphWriter;
  /** The layer's kind. */
  readonly kind: string;
  /** Its name, and that of its node. */
  readonly name: string;
  /** Its options. */
  readonly config: Config;
  /** Names of its inputs, channels first. */
  readonly inputs: readonly string[];
  /** Their shapes as layers have them. */
  readonly shapes: readonly Shape[];
  /** The shape it makes. */
  readonly output: Shape;
  /** Its parameters in order. */
  readonly parameters: readonly Tensor[];
  /** Indices of ONNX, by the values that are places of maxima. */
  readonly places: Map<string, Places>;
}

/** Places of maxima as ONNX has them. */
export interface Places {
  /** Name of the indices over the whole array. */
  readonly indices: string;
  /** Height and width of the pictures they are places of. */
  readonly size: readonly [number, number];
}

/** Writes a layer; the name of what it makes. */
export type Exporter = (site: ExportSite) => string;

/** What cannot be said in ONNX. */
export function refuse({ kind, name }: ExportSite, why: string): DeconvError {
  return new DeconvError(`Cannot write ${kind} "${name}" as ONNX: ${why}`);
}
