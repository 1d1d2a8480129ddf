/** What stands before the maps on the sheets of `explain`: inputs, outputs, and what is said of them. */
import type { ExplainedPictures, Model, Tensor } from "../mod.ts";
import { sizeOf } from "../core/tensor.ts";
import type { NamedTarget } from "./explain_target.ts";

/** What was explained. */
export interface Explained {
  readonly model: Model;
  readonly x: Tensor;
  readonly target: NamedTarget["target"];
  readonly labels?: readonly number[];
  readonly indices: readonly number[];
  readonly classNames?: readonly string[];
}

/** What is known of one input. */
export interface InputReport {
  /** Its number in the data. */
  readonly index: number;
  /** Its class. */
  readonly label?: string | number;
  /** The class that the network finds, and what it gives for it. */
  readonly found?: string | number;
  readonly score?: number;
}

/** Whether a tensor is of pictures or signals that can be shown. */
function isShown({ shape }: Tensor): boolean {
  return shape.length === 3 || shape.length === 4 && (shape[3] === 1 || shape[3] === 3);
}

/** The pictures before the maps, and what is known of each. */
export function explainedPictures(
  { model, x, target, labels, indices, classNames }: Explained,
): { pictures: ExplainedPictures[]; report: InputReport[] } {
  const y = model.predict(x), [classes] = model.outputShape;
  const decides = model.outputShape.length === 1 && classes > 1;
  const nameOf = (label: number) => classNames?.[label] ?? label;
  const report = indices.map((index, i): InputReport => {
    const label = labels && labels[i] >= 0 && classNames ? nameOf(labels[i]) : undefined;
    if (!decides) return { index, label };
    const scores = y.data.subarray(i * classes, (i + 1) * classes);
    const best = scores.reduce((best, v, k) => v > scores[best] ? k : best, 0);
    return { index, label, found: nameOf(best), score: scores[best] };
  });
  const captions = report.map(({ index, label, found, score }) => [
    `${index}${label === undefined ? "" : ` · ${label}`}`,
    ...found === undefined ? [] : [`finds ${found} ${score!.toFixed(2)}`],
  ]);
  const region = target.kind === "pixels" ? target.region : undefined;
  const whole = region && { height: 1, width: 1, ...region };
  const seen = isShown(x) ? [{ name: "input", pictures: x, captions }] : [];
  const made = isShown(y) && sizeOf(y.shape.slice(1, 3)) > 1
    ? [{ name: "output", pictures: y, captions: seen.length ? [] : captions, region: whole }]
    : [];
  const shown = [...seen, ...made];
  return { pictures: shown.length ? shown : [{ name: "number", captions }], report };
}
