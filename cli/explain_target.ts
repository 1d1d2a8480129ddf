/** What is to be explained, as a text on the command line. */
import {
  DeconvError,
  type Model,
  sameShape,
  type Shape,
  type Target,
  type Tensor,
} from "../mod.ts";

/** Texts that a target may be. */
const FORMS =
  "class, class:NUMBER or NAME, unit:LAYER[:CHANNEL[:ROW,COLUMN]], pixels[:TOP,LEFT,HEIGHT,WIDTH[:CHANNEL]], error";

/** A target, and what to call it. */
export interface NamedTarget {
  readonly target: Exclude<Target, (...all: never[]) => unknown>;
  /** Such as `the largest class`. */
  readonly words: string;
}

/** An eighth of a picture's sides, in its middle. */
function middleOf([height, width]: Shape) {
  const tall = Math.max(1, Math.round(height / 8)), wide = Math.max(1, Math.round(width / 8));
  return {
    top: Math.floor((height - tall) / 2),
    left: Math.floor((width - wide) / 2),
    height: tall,
    width: wide,
  };
}

/** Whole numbers apart by commas; null where the text is anything else. */
function wholeNumbers(text: string, count?: number): number[] | null {
  const all = text.split(",").map((part) => part.trim());
  if (!all.every((part) => /^\d+$/.test(part))) return null;
  return count === undefined || all.length === count ? all.map(Number) : null;
}

/** What a network is usually asked: a vector's largest number, a picture's error or its middle. */
function usual(model: Model, against: Tensor | undefined): string {
  const { outputShape, inputShapes } = model;
  if (outputShape.length === 1) return "class";
  if (against || inputShapes.some((shape) => sameShape(shape, outputShape))) return "error";
  return outputShape.length === 3 ? "pixels" : `unit:${model.layers.at(-1)!.name}`;
}

/**
 * Reads a target.
 *
 * @param options `against`: what outputs should be, where the data say so; `classNames`: of the data.
 * @throws {DeconvError} When the text is no target.
 */
export function readTarget(
  text: string | undefined,
  model: Model,
  { against, classNames = [] }: { against?: Tensor; classNames?: readonly string[] },
): NamedTarget {
  const given = text ?? usual(model, against), [kind, ...rest] = given.split(":");
  const wrong = () => new DeconvError(`There is no target "${given}"; there are ${FORMS}`);
  if (kind === "class" && rest.length < 2) {
    const [which] = rest;
    if (which === undefined) return { target: { kind }, words: "the class it finds" };
    const named = classNames.indexOf(which);
    const index = named >= 0 ? named : wholeNumbers(which, 1)?.[0];
    if (index === undefined) {
      throw new DeconvError(
        `There is no class "${which}"; there are numbers${
          classNames.length ? `, and ${classNames.join(", ")}` : ""
        }`,
      );
    }
    const name = classNames[index];
    return { target: { kind, index }, words: `class ${index}${name ? ` (${name})` : ""}` };
  }
  if (kind === "error" && !rest.length) {
    const words = `the squared error against ${against ? "the data's targets" : "the input"}`;
    return { target: { kind, against }, words };
  }
  if (kind === "unit" && rest.length >= 1 && rest.length <= 3) {
    const [layer, channelText, placeText] = rest;
    const channel = channelText === undefined ? [] : wholeNumbers(channelText, 1);
    const at = placeText === undefined ? undefined : wholeNumbers(placeText);
    if (!layer || !channel || at === null) throw wrong();
    const words = [
      layer,
      ...channel.map((channel) => `channel ${channel}`),
      ...at ? [`at ${at.join(", ")}`] : [],
    ];
    return { target: { kind, layer, channel: channel[0], at }, words: words.join(", ") };
  }
  if (kind === "pixels" && rest.length <= 2) {
    const [place, channelText] = rest;
    const box = place === undefined ? null : wholeNumbers(place, 4);
    const channel = channelText === undefined ? [] : wholeNumbers(channelText, 1);
    if (place !== undefined && !box || !channel) throw wrong();
    const region = box
      ? { top: box[0], left: box[1], height: box[2], width: box[3] }
      : middleOf(model.outputShape);
    const { top, left, height, width } = region;
    const words = `the mean of ${height}×${width} output pixels at row ${top}, column ${left}${
      channel.length ? `, channel ${channel[0]}` : ""
    }`;
    return { target: { kind, region, channel: channel[0] }, words };
  }
  throw wrong();
}
