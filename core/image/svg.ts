import { type Face, fontOf } from "./font.ts";
import type { Drawing, Mark } from "./marks.ts";
import { hexColor, theme } from "./theme.ts";

const family =
  "Inter, system-ui, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, 'DejaVu Sans', sans-serif";
const anchors = { left: "start", center: "middle", right: "end" } as const;

/** Writes marks as an SVG document that stands on its own: no script, no style sheet, no other file. */
export function toSvg({ width, height, title, marks }: Drawing): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" ` +
    `viewBox="0 0 ${width} ${height}" role="img" font-family="${family}">`,
    `<title>${escapeXml(title)}</title>`,
    `<rect width="${width}" height="${height}" fill="${hexColor(theme.paper)}"/>`,
    ...marks.map(markSvg),
    "</svg>",
    "",
  ].join("\n");
}

function markSvg(mark: Mark): string {
  switch (mark.kind) {
    case "rect": {
      const { x, y, width, height } = mark;
      const fill = hexColor(mark.fill);
      return `<rect x="${x}" y="${y}" width="${width}" height="${height}" fill="${fill}"/>`;
    }
    case "line": {
      const points = mark.points.map(({ x, y }) => `${short(x)},${short(y)}`).join(" ");
      return `<polyline points="${points}" fill="none" stroke="${hexColor(mark.stroke)}" ` +
        `stroke-width="${mark.width}" stroke-linejoin="round" stroke-linecap="round"/>`;
    }
    case "dot":
      return `<circle cx="${short(mark.x)}" cy="${short(mark.y)}" r="${mark.radius}" ` +
        `fill="${hexColor(mark.fill)}"/>`;
    case "text": {
      const anchor = mark.align === "left" ? "" : ` text-anchor="${anchors[mark.align]}"`;
      return `<text x="${short(mark.x)}" y="${short(mark.y)}"${anchor} ${type(mark.face)} ` +
        `fill="${hexColor(mark.fill)}">${escapeXml(mark.text)}</text>`;
    }
  }
}

function type(face: Face): string {
  const weight = face === "body" ? "" : ' font-weight="600"';
  return `font-size="${fontOf(face).size}"${weight}`;
}

function short(value: number): string {
  return String(Math.round(value * 100) / 100);
}

/** Escapes text for XML; what XML cannot hold at all (control characters, half pairs) becomes `�`. */
export function escapeXml(text: string): string {
  return text
    .toWellFormed()
    // deno-lint-ignore no-control-regex -- exactly the characters XML 1.0 forbids
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, "\ufffd")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
