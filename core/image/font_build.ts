/**
 * Makes `font_data.ts`: three small antialiased faces of Inter, drawn once so that pictures need
 * neither a canvas nor a font file. Not part of the library; run it again only to change the faces:
 *
 * ```sh
 * deno run --no-lock --unstable-raw-imports core/image/font_build.ts > core/image/font_data.ts
 * ```
 *
 * Every glyph is drawn four times finer across than down, so that text can later be set to a quarter
 * of a pixel. Down, the outline is stretched piecewise until the base line, the x-height and the
 * height of capitals each fall on a whole pixel (the vertical half of what a hinter does): horizontal
 * strokes stay crisp, letters keep their width.
 *
 * Inter is Copyright 2020 The Inter Project Authors (https://github.com/rsms/inter), SIL Open Font
 * License 1.1, taken from `npm:@expo-google-fonts/inter`; read by `npm:fontkit` (MIT).
 */
import { encode } from "fast-png";

interface FaceRecipe {
  name: string;
  file: string;
  /** Type size in pixels. */
  size: number;
  /** Whole pixels above the base line for lower-case letters and for capitals. */
  xHeight: number;
  capHeight: number;
  ascent: number;
  descent: number;
}

interface PathCommand {
  command: "moveTo" | "lineTo" | "quadraticCurveTo" | "bezierCurveTo" | "closePath";
  args: number[];
}

interface FontkitGlyph {
  path: { commands: PathCommand[] };
  advanceWidth: number;
  id: number;
}

interface FontkitFont {
  unitsPerEm: number;
  xHeight: number;
  capHeight: number;
  glyphForCodePoint(code: number): FontkitGlyph;
  layout(text: string, features: string[]): { positions: { xAdvance: number }[] };
}

type Segment = [number, number, number, number];

const faces: FaceRecipe[] = [
  {
    name: "body",
    file: "400Regular",
    size: 12.8,
    xHeight: 7,
    capHeight: 9,
    ascent: 12,
    descent: 4,
  },
  {
    name: "strong",
    file: "600SemiBold",
    size: 12.8,
    xHeight: 7,
    capHeight: 9,
    ascent: 12,
    descent: 4,
  },
  {
    name: "title",
    file: "600SemiBold",
    size: 18.3,
    xHeight: 10,
    capHeight: 13,
    ascent: 17,
    descent: 5,
  },
];

const ascii = String.fromCharCode(...Array.from({ length: 95 }, (_, i) => 32 + i));
const latin = String.fromCharCode(...Array.from({ length: 95 }, (_, i) => 161 + i)).replace(
  "\u00ad",
  "",
);
const signs = "→←↑↓−…≈≤≥≠∞–—“”‘’•√Δ∑σμπ⁰⁴⁵⁶⁷⁸⁹⁻□";
const characters = [...new Set(ascii + latin + signs)];

const across = 4; // columns per pixel in the atlas
const fine = 16; // sample lines per pixel down; the exact width of each line is used across

/** Straight pieces of a glyph's outline, in pixels, y downwards from the base line. */
function flatten(glyph: FontkitGlyph, toX: (x: number) => number, toY: (y: number) => number) {
  const segments: Segment[] = [];
  let [x, y, startX, startY] = [0, 0, 0, 0];
  const lineTo = (px: number, py: number) => {
    segments.push([toX(x), toY(y), toX(px), toY(py)]);
    [x, y] = [px, py];
  };
  for (const { command, args } of glyph.path.commands) {
    if (command === "moveTo") [x, y, startX, startY] = [args[0], args[1], args[0], args[1]];
    if (command === "lineTo") lineTo(args[0], args[1]);
    if (command === "closePath") lineTo(startX, startY);
    if (command === "quadraticCurveTo" || command === "bezierCurveTo") {
      const points = [x, y, ...args];
      for (let i = 1; i <= 12; i++) lineTo(bezier(points, 0, i / 12), bezier(points, 1, i / 12));
    }
  }
  return segments;
}

/** De Casteljau at `t` for one coordinate (0: x, 1: y) of an interleaved list of points. */
function bezier(points: number[], coordinate: number, t: number): number {
  let values = points.filter((_, i) => i % 2 === coordinate);
  while (values.length > 1) values = values.slice(1).map((v, i) => values[i] + (v - values[i]) * t);
  return values[0];
}

/** Coverage (0..1) of cells `1/across` px wide and 1 px high, by non-zero winding. */
function cover(segments: Segment[], left: number, columns: number, top: number, rows: number) {
  const cells = new Float64Array(columns * rows);
  for (let line = 0; line < rows * fine; line++) {
    const y = top + (line + 0.5) / fine;
    const crossings = segments.flatMap(([x0, y0, x1, y1]) => {
      if ((y0 <= y) === (y1 <= y)) return [];
      return [{ x: x0 + ((y - y0) / (y1 - y0)) * (x1 - x0), turn: y1 > y0 ? 1 : -1 }];
    }).sort((a, b) => a.x - b.x);
    let winding = 0;
    for (let i = 0; i + 1 < crossings.length; i++) {
      winding += crossings[i].turn;
      if (winding === 0) continue;
      const from = (crossings[i].x - left) * across;
      const to = (crossings[i + 1].x - left) * across;
      for (let c = Math.max(0, Math.floor(from)); c < Math.min(columns, to); c++) {
        const inside = Math.min(to, c + 1) - Math.max(from, c);
        cells[Math.floor(line / fine) * columns + c] += Math.max(0, inside) / fine;
      }
    }
  }
  return cells;
}

/** The vertical stretch that puts base line, x-height and capitals on whole pixels. */
function stretch(font: FontkitFont, face: FaceRecipe): (y: number) => number {
  const scale = face.size / font.unitsPerEm;
  return (y) => {
    if (y <= 0) return -y * scale;
    if (y <= font.xHeight) return -(y / font.xHeight) * face.xHeight;
    const between = (y - font.xHeight) / (font.capHeight - font.xHeight);
    if (y <= font.capHeight) {
      return -(face.xHeight + between * (face.capHeight - face.xHeight));
    }
    return -(face.capHeight + (y - font.capHeight) * scale);
  };
}

/** Pairs set closer or wider than their advances say, as `AV-3` in quarters of a pixel. */
function kerning(font: FontkitFont, face: FaceRecipe): string {
  const pairs: string[] = [];
  const letters = ascii.trim();
  const quarters = (units: number) => Math.round((units * face.size * 4) / font.unitsPerEm);
  for (const a of letters) {
    const alone = font.layout(a, ["kern"]).positions[0].xAdvance;
    let following = "";
    const byAmount = new Map<number, string>();
    for (const b of letters) {
      if (/[\d.,]{2}/.test(a + b)) continue; // tight numbers such as 0.1 and 3,136 are hard to read
      const { positions } = font.layout(a + b, ["kern"]);
      if (positions.length !== 2) continue;
      const amount = quarters(positions[0].xAdvance - alone);
      if (amount !== 0) byAmount.set(amount, (byAmount.get(amount) ?? "") + b);
    }
    for (const [amount, seconds] of byAmount) following += ` ${amount} ${seconds}`;
    if (following) pairs.push(a + following);
  }
  return pairs.join("\n");
}

function build(font: FontkitFont, face: FaceRecipe) {
  const scale = face.size / font.unitsPerEm;
  const rows = face.ascent + face.descent;
  const glyphs = characters.map((character) => {
    const glyph = font.glyphForCodePoint(character.codePointAt(0)!);
    if (glyph.id === 0) throw new Error(`Inter has no glyph for ${character}`);
    const segments = flatten(glyph, (x) => x * scale, stretch(font, face));
    const xs = segments.flatMap(([x0, , x1]) => [x0, x1]);
    const left = xs.length === 0 ? 0 : Math.floor(Math.min(...xs) * across) / across;
    const right = xs.length === 0 ? 0 : Math.max(...xs);
    const columns = Math.ceil((right - left) * across);
    return {
      columns,
      left: Math.round(left * across),
      advance: Math.round(glyph.advanceWidth * scale * 100) / 100,
      cells: cover(segments, left, columns, -face.ascent, rows),
    };
  });
  const width = glyphs.reduce((sum, glyph) => sum + glyph.columns, 0);
  const pixels = new Uint8Array(width * rows);
  let start = 0;
  for (const { cells, columns } of glyphs) {
    for (let i = 0; i < cells.length; i++) {
      const level = Math.round(Math.min(1, cells[i]) * 7); // 8 levels; four columns make 29
      pixels[Math.floor(i / columns) * width + start + (i % columns)] = Math.round(
        (level * 255) / 7,
      );
    }
    start += columns;
  }
  const png = encode(
    { width, height: rows, data: pixels, channels: 1, depth: 8 },
    { zlib: { level: 9 } },
  );
  return {
    name: face.name,
    size: face.size,
    ascent: face.ascent,
    descent: face.descent,
    metrics: glyphs.map((g) => `${g.columns},${g.left},${g.advance}`).join(" "),
    kerning: kerning(font, face),
    atlas: btoa(String.fromCharCode(...png)),
  };
}

// Specifiers in variables: these packages are for this script only and stay out of deno.json.
const inter = "npm:@expo-google-fonts/inter@0.4.2";
const fontkitPackage = "npm:fontkit@2.0.4";
const fontkit = await import(fontkitPackage);
await import(`${inter}/package.json`, { with: { type: "json" } });

const built = [];
for (const face of faces) {
  const file = `${inter}/${face.file}/Inter_${face.file}.ttf`;
  const { default: bytes } = await import(file, { with: { type: "bytes" } as never });
  built.push(build(fontkit.create(bytes) as FontkitFont, face));
}

const text = (value: string) => JSON.stringify(value);
console.log(`// Generated by font_build.ts; do not edit.
//
// Inter, Copyright 2020 The Inter Project Authors (https://github.com/rsms/inter), licensed under the
// SIL Open Font License, Version 1.1 (https://openfontlicense.org): free to use, embed and change.
// Three faces of it drawn as PNG strips, four columns to a pixel.

/** One drawn face, as generated. */
export interface FaceData {
  /** Type size in pixels. */
  readonly size: number;
  /** Pixels above the base line. */
  readonly ascent: number;
  /** Pixels below the base line. */
  readonly descent: number;
  /** Per character \`columns,left,advance\`: atlas columns, quarter pixels, pixels. */
  readonly metrics: string;
  /** Per line: first letter, then pairs of an amount in quarter pixels and the second letters. */
  readonly kerning: string;
  /** A grey PNG in base64: all glyphs in one row. */
  readonly atlas: string;
}

/** The characters of every face, in the order of their metrics and of the atlas. */
export const fontCharacters: string = ${text(characters.join(""))};

/** The faces by name. */
export const fontFaces: { readonly body: FaceData; readonly strong: FaceData; readonly title: FaceData } = {`);
for (const { name, size, ascent, descent, metrics, kerning, atlas } of built) {
  console.log(`  ${name}: {
    size: ${size},
    ascent: ${ascent},
    descent: ${descent},
    metrics: ${text(metrics)},
    kerning: ${text(kerning)},
    atlas: ${text(atlas)},
  },`);
}
console.log("};");
