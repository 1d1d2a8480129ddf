import { DeconvError } from "../errors.ts";
import { createImage, fillRect, type Image } from "./image.ts";
import { composeSheet } from "./sheet.ts";
import { drawText, measureText } from "./text.ts";
import { seriesColors, theme } from "./theme.ts";

/** How well classes can be told from what one layer makes. */
export interface ProbeBar {
  /** The layer's name. */
  readonly name: string;
  /** Part of the test pictures whose class is found. */
  readonly accuracy: number;
  /** Part of the pictures learned from. */
  readonly trainAccuracy: number;
}

/**
 * Draws linear probes as bars, from the input to the output: accuracy on test pictures, and a mark for that
 * on pictures learned from.
 *
 * @param probes What `linearProbes` found.
 * @throws {DeconvError} When there are none.
 */
export function linearProbeSheet(
  probes: readonly ProbeBar[],
  { title = "Linear probes", subtitle = [] }: { title?: string; subtitle?: readonly string[] } = {},
): Image {
  if (!probes.length) throw new DeconvError("Cannot draw linear probes: there are none");
  const [row, width] = [26, 560];
  const left = Math.ceil(Math.max(...probes.map(({ name }) => measureText(name).width))) + 12;
  const image = createImage(left + width + 70, row * probes.length + 30);
  const bottom = row * probes.length + 4;
  for (let tick = 0; tick <= 10; tick += 2) {
    const x = left + Math.round(tick / 10 * width);
    fillRect(image, { x, y: 0, width: 1, height: bottom }, tick ? theme.hairline : theme.line);
    drawText(image, `${tick * 10} %`, { x, y: bottom + 18, align: "center", color: theme.muted });
  }
  probes.forEach(({ name, accuracy, trainAccuracy }, i) => {
    const y = i * row + 4, reach = Math.round(accuracy * width);
    drawText(image, name, { x: left - 10, y: y + 14, align: "right" });
    fillRect(image, { x: left, y, width: reach, height: row - 8 }, seriesColors[0]);
    const mark = left + Math.round(trainAccuracy * width);
    fillRect(image, { x: mark - 1, y: y - 2, width: 3, height: row - 4 }, seriesColors[1]);
    const text = `${(100 * accuracy).toFixed(1)} %`;
    const inside = reach > 64;
    drawText(image, text, {
      x: inside ? left + reach - 8 : Math.max(left + reach, mark) + 8,
      y: y + 14,
      align: inside ? "right" : "left",
      color: inside ? theme.paper : theme.ink,
    });
  });
  return composeSheet(image, {
    title,
    subtitle: [
      ...subtitle,
      "Blue: classes found of test pictures, by logistic regression on what each layer makes. Orange: of the pictures it learned from",
    ],
  });
}
