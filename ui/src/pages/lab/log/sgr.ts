/** Colours that programs write (ECMA-48 "select graphic rendition"), as spans of text: never as markup. */

export type Colour = number | `#${string}`;

export type Style = {
  /** 0–15 of the palette, or a colour of its own. */
  colour?: Colour;
  ground?: Colour;
  bold?: boolean;
  dim?: boolean;
  italic?: boolean;
  underline?: boolean;
  inverse?: boolean;
  struck?: boolean;
};

export type Span = { text: string; style: Style };

export const PLAIN: Style = Object.freeze({});

// Colours, and everything else that moves a cursor, clears, names a window or makes a link: that is left out.
const ESCAPES =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with one
  /\x1b(?:\[([0-9;:]*)m|\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[PX^_][^\x1b]*(?:\x1b\\)?|[ -/]*[0-~])/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is not to be shown
const INVISIBLE = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202a-\u202e\u2066-\u2069]/g;

/** One line as spans, and the style that goes on in the next. A line that rewrote itself shows what stood there last. */
export function spansOf(line: string, begin: Style = PLAIN): { spans: Span[]; style: Style } {
  let style = begin;
  const spans: Span[] = [];
  let place = 0;
  const add = (text: string) => {
    const returned = text.lastIndexOf("\r");
    if (returned >= 0) spans.length = 0;
    const shown = text.slice(returned + 1).replace(INVISIBLE, "");
    if (shown === "") return;
    const last = spans.at(-1);
    if (last !== undefined && last.style === style) last.text += shown;
    else spans.push({ text: shown, style });
  };
  const whole = line.replace(/\r+$/, "");
  if (!whole.includes("\x1b")) {
    add(whole);
    return { spans, style };
  }
  for (const found of whole.matchAll(ESCAPES)) {
    add(whole.slice(place, found.index));
    place = found.index + found[0].length;
    if (found[1] !== undefined) style = after(style, found[1]);
  }
  add(whole.slice(place));
  return { spans, style };
}

/** The line as it reads, without colours. */
export function plainOf(line: string): string {
  return spansOf(line)
    .spans.map((span) => span.text)
    .join("");
}

/** The style that text leaves behind. */
export function styleAfter(text: string, begin: Style): Style {
  if (!text.includes("\x1b")) return begin;
  let style = begin;
  for (const found of text.matchAll(ESCAPES)) if (found[1] !== undefined) style = after(style, found[1]);
  return style;
}

function after(style: Style, parameters: string): Style {
  const codes = parameters.split(/[;:]/).map((one) => (one === "" ? 0 : Number(one)));
  let next: Style = { ...style };
  for (let place = 0; place < codes.length; place += 1) {
    const code = codes[place] as number;
    if (code === 0) next = PLAIN;
    else if (code === 38 || code === 48) {
      const [colour, used] = extended(codes, place + 1);
      next = { ...next, [code === 38 ? "colour" : "ground"]: colour };
      place += used;
    } else next = one(next, code);
  }
  return Object.keys(next).length === 0 ? PLAIN : next;
}

const SIMPLE: Record<number, Style> = {
  1: { bold: true },
  2: { dim: true },
  3: { italic: true },
  4: { underline: true },
  7: { inverse: true },
  9: { struck: true },
  22: { bold: undefined, dim: undefined },
  23: { italic: undefined },
  24: { underline: undefined },
  27: { inverse: undefined },
  29: { struck: undefined },
  39: { colour: undefined },
  49: { ground: undefined },
};

function one(style: Style, code: number): Style {
  const simple = SIMPLE[code];
  if (simple !== undefined) return { ...style, ...simple };
  if (code >= 30 && code <= 37) return { ...style, colour: code - 30 };
  if (code >= 90 && code <= 97) return { ...style, colour: code - 82 };
  if (code >= 40 && code <= 47) return { ...style, ground: code - 40 };
  if (code >= 100 && code <= 107) return { ...style, ground: code - 92 };
  return style;
}

/** `5;N` and `2;R;G;B` after 38 or 48, and how many codes that took. */
function extended(codes: number[], place: number): [Colour | undefined, number] {
  if (codes[place] === 5) return [ofPalette(codes[place + 1] ?? 0), 2];
  if (codes[place] !== 2) return [undefined, 0];
  return [hex(codes.slice(place + 1, place + 4)), 4];
}

function ofPalette(number: number): Colour | undefined {
  if (!(number >= 0 && number <= 255)) return undefined;
  if (number < 16) return number;
  if (number >= 232) {
    const grey = 8 + 10 * (number - 232);
    return hex([grey, grey, grey]);
  }
  const cube = number - 16;
  const level = (part: number) => (part === 0 ? 0 : 55 + 40 * part);
  return hex([level(Math.floor(cube / 36)), level(Math.floor(cube / 6) % 6), level(cube % 6)]);
}

function hex(parts: number[]): Colour {
  const two = (part: number | undefined) =>
    Math.min(255, Math.max(0, Math.floor(part ?? 0) || 0))
      .toString(16)
      .padStart(2, "0");
  return `#${two(parts[0])}${two(parts[1])}${two(parts[2])}`;
}
