// In full, so that an import of mod.ts over http needs no import map.
// deno-lint-ignore no-import-prefix
import { decode } from "npm:fast-png@8.0.0";
import { fontCharacters, fontFaces } from "./font_data.ts";

/**
 * The three faces text is drawn in: `"body"` (12.8 px), `"strong"` (12.8 px, semi-bold) and
 * `"title"` (18.3 px, semi-bold).
 */
export type Face = "body" | "strong" | "title";

/** Where one drawn letter is in its face's atlas, and how it is set. */
export interface Glyph {
  /** First column in the atlas. */
  readonly start: number;
  /** Columns in the atlas, four to a pixel. */
  readonly columns: number;
  /** From the pen to the first column, in quarters of a pixel. */
  readonly left: number;
  /** From this pen position to the next, in pixels. */
  readonly advance: number;
  /** Corrections before certain letters, in quarters of a pixel. */
  readonly kerning: ReadonlyMap<string, number>;
}

/** A face ready to draw with. */
export interface Font {
  /** Type size in pixels, for SVG. */
  readonly size: number;
  /** Pixels from the top of a line to its base line. */
  readonly ascent: number;
  /** Pixels from the base line to the bottom of a line. */
  readonly descent: number;
  /** Pixels between one base line and the next. */
  readonly lineHeight: number;
  /** Height of a capital in whole pixels. */
  readonly capHeight: number;
  /** Columns in one row of the atlas. */
  readonly atlasWidth: number;
  /** Coverage, 0..255. */
  readonly atlas: Uint8Array;
  /** The letter's glyph; a hollow box for a letter the face does not have. */
  glyph(character: string): Glyph;
}

const fonts = new Map<Face, Font>();

/** The face of this name, decoded on first use. */
export function fontOf(face: Face): Font {
  let font = fonts.get(face);
  if (!font) fonts.set(face, font = readFont(face));
  return font;
}

function readFont(face: Face): Font {
  const { size, ascent, descent, metrics, kerning, atlas } = fontFaces[face];
  const png = decode(Uint8Array.from(atob(atlas), (byte) => byte.charCodeAt(0)));
  const pairs = readKerning(kerning);
  const none = new Map<string, number>();
  const glyphs = new Map<string, Glyph>();
  const characters = [...fontCharacters];
  let start = 0;
  metrics.split(" ").forEach((entry, i) => {
    const [columns, left, advance] = entry.split(",").map(Number);
    const character = characters[i];
    glyphs.set(character, { start, columns, left, advance, kerning: pairs.get(character) ?? none });
    start += columns;
  });
  const missing = glyphs.get("□")!;
  return {
    size,
    ascent,
    descent,
    lineHeight: face === "title" ? 26 : 18,
    capHeight: face === "title" ? 13 : 9,
    atlasWidth: png.width,
    atlas: png.data as Uint8Array,
    glyph: (character) => glyphs.get(character) ?? missing,
  };
}

/** Reads lines such as `A -3 VW 1 J`: after A, V and W come 3/4 px closer, J 1/4 px later. */
function readKerning(text: string): Map<string, Map<string, number>> {
  const pairs = new Map<string, Map<string, number>>();
  for (const line of text.split("\n")) {
    const [first, ...fields] = line.split(" ");
    const following = new Map<string, number>();
    for (let i = 0; i + 1 < fields.length; i += 2) {
      for (const second of fields[i + 1]) following.set(second, Number(fields[i]));
    }
    pairs.set(first, following);
  }
  return pairs;
}
