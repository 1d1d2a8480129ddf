import { type Face, type Font, fontOf } from "./font.ts";
import { blendPixel, type Image } from "./image.ts";
import { type Rgb, theme } from "./theme.ts";

/** Where and how a line of text is drawn. */
export interface TextOptions {
  /** The anchor, in pixels (fractions allowed): see `align`. */
  readonly x: number;
  /** The base line, in pixels from the top. */
  readonly y: number;
  /** Default `"body"`. */
  readonly face?: Face;
  /** Default the theme's ink. */
  readonly color?: Rgb;
  /** Whether the line starts at `x`, is centred on it or ends there; default `"left"`. */
  readonly align?: "left" | "center" | "right";
  /** Pixels the line may take; a longer one is cut and ends in `…`. No limit by default. */
  readonly maxWidth?: number;
}

/** The size of a line of text in pixels (fractions across, whole lines down). */
export function measureText(text: string, face: Face = "body"): { width: number; height: number } {
  const font = fontOf(face);
  const pens = penPositions(text, font);
  return { width: pens[pens.length - 1] / 4, height: font.lineHeight };
}

/**
 * Draws a line of text, in place. Letters outside Latin-1 and a few signs (× → − ± … ≈ and so on)
 * appear as a hollow box; parts outside the picture are left out.
 */
export function drawText(image: Image, text: string, options: TextOptions): void {
  const { x, y, face = "body", color = theme.ink, align = "left", maxWidth } = options;
  const font = fontOf(face);
  const line = maxWidth === undefined ? text : fitText(text, maxWidth, face);
  const pens = penPositions(line, font);
  const share = align === "left" ? 0 : align === "center" ? 0.5 : 1;
  const start = Math.round(x * 4 - share * pens[pens.length - 1]);
  [...line].forEach((character, i) => {
    const { start: from, columns, left } = font.glyph(character);
    drawGlyph(image, font, { from, columns, at: start + pens[i] + left, y }, color);
  });
}

/** The text itself when it fits, otherwise as much of it as fits before an `…`. */
export function fitText(text: string, maxWidth: number, face: Face = "body"): string {
  if (measureText(text, face).width <= maxWidth) return text;
  const characters = [...text];
  for (let length = characters.length - 1; length > 0; length--) {
    const shorter = characters.slice(0, length).join("").trimEnd() + "…";
    if (measureText(shorter, face).width <= maxWidth) return shorter;
  }
  return measureText("…", face).width <= maxWidth ? "…" : "";
}

/** Breaks text at spaces into lines no wider than `maxWidth`; a single longer word is cut with `…`. */
export function wrapText(text: string, maxWidth: number, face: Face = "body"): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(/\s+/)) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (line !== "" && measureText(longer, face).width > maxWidth) {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  return [...lines, line].filter((l) => l !== "").map((l) => fitText(l, maxWidth, face));
}

/** Pen positions in quarters of a pixel, one for each letter and one for the end. */
function penPositions(text: string, font: Font): number[] {
  const pens = [0];
  let pen = 0;
  let previous = font.glyph(" ");
  for (const character of text) {
    const glyph = font.glyph(character);
    const kern = previous.kerning.get(character) ?? 0;
    pen += kern;
    pens[pens.length - 1] += kern;
    pen += glyph.advance * 4;
    pens.push(Math.round(pen));
    previous = glyph;
  }
  return pens;
}

interface GlyphPlace {
  from: number;
  columns: number;
  /** Left edge in quarters of a pixel. */
  at: number;
  /** Base line. */
  y: number;
}

/** Lays four atlas columns onto each pixel they fall in and blends their mean coverage. */
function drawGlyph(image: Image, font: Font, place: GlyphPlace, color: Rgb): void {
  const { from, columns, at, y } = place;
  const top = Math.round(y) - font.ascent;
  const first = Math.floor(at / 4);
  const last = Math.floor((at + columns - 1) / 4);
  for (let row = 0; row < font.ascent + font.descent; row++) {
    for (let x = first; x <= last; x++) {
      let sum = 0;
      for (
        let column = Math.max(0, 4 * x - at);
        column < Math.min(columns, 4 * x + 4 - at);
        column++
      ) {
        sum += font.atlas[row * font.atlasWidth + from + column];
      }
      if (sum > 0) blendPixel(image, { x, y: top + row }, color, sum / 1020);
    }
  }
}
