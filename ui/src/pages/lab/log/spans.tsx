import { memo, type ReactNode } from "react";
import classes from "./log-view.module.css";
import { type Colour, type Span, type Style, spansOf } from "./sgr";

const MOST_CHARACTERS = 4_000;

type Props = { text: string; begin: Style; find: string };

/** A line with its colours, and with what is looked for marked; all of it is text. */
export const LineText = memo(function LineText({ text, begin, find }: Props) {
  const cut = text.length > MOST_CHARACTERS ? text.slice(0, MOST_CHARACTERS) : text;
  const { spans } = spansOf(cut, begin);
  return (
    <span className={classes.text}>
      {spans.map((span, place) => (
        <ColouredSpan key={place} span={span} find={find} />
      ))}
      {cut === text ? null : (
        <span className={classes.note}>
          {" "}
          … {text.length - cut.length} more characters: download the log to see them
        </span>
      )}
    </span>
  );
});

function ColouredSpan({ span, find }: { span: Span; find: string }) {
  const { style, text } = span;
  const shown = style.inverse ? { ...style, colour: style.ground, ground: style.colour } : style;
  const names = [
    typeof shown.colour === "number" ? classes[`c${shown.colour}`] : undefined,
    style.dim ? classes.dim : undefined,
  ].filter(Boolean);
  return (
    <span
      className={names.join(" ")}
      style={{
        color: own(shown.colour),
        backgroundColor: ground(shown),
        fontWeight: style.bold ? 650 : undefined,
        fontStyle: style.italic ? "italic" : undefined,
        textDecoration: decoration(style),
      }}
    >
      {marked(text, find)}
    </span>
  );
}

function own(colour: Colour | undefined): string | undefined {
  return typeof colour === "string"
    ? `light-dark(color-mix(in oklab, ${colour}, #000 35%), color-mix(in oklab, ${colour}, #fff 25%))`
    : undefined;
}

// A ground is only hinted at: text on it stays readable whatever colours a program chose.
function ground({ ground: colour, inverse }: Style): string | undefined {
  if (colour === undefined) return inverse ? "light-dark(#e3e7eb, #33383d)" : undefined;
  const named = typeof colour === "number" ? GROUNDS[colour % 8] : colour;
  return `color-mix(in srgb, ${named} 18%, transparent)`;
}

const GROUNDS = ["#808080", "#d1242f", "#1a7f37", "#bf8700", "#0969da", "#8250df", "#1b7c83", "#a0a0a0"];

function decoration(style: Style): string | undefined {
  if (!style.underline && !style.struck) return undefined;
  return [style.underline ? "underline" : "", style.struck ? "line-through" : ""].join(" ").trim();
}

function marked(text: string, find: string): ReactNode {
  if (find === "") return text;
  const parts: ReactNode[] = [];
  const wanted = find.toLowerCase();
  const searched = text.toLowerCase();
  let place = 0;
  let at = searched.length === text.length ? searched.indexOf(wanted) : -1;
  while (at >= 0) {
    parts.push(
      text.slice(place, at),
      <mark key={at} className={classes.hit}>
        {text.slice(at, at + find.length)}
      </mark>,
    );
    place = at + find.length;
    at = searched.indexOf(wanted, place);
  }
  return parts.length === 0 ? text : [...parts, text.slice(place)];
}
