import { number, oneOf, text, texts } from "~/app/search";
import { SPEEDS } from "./player";
import { rounded } from "./times";
import { isWhole, type Span } from "./window";

export const PANELS = ["cameras", "path", "battery", "log", "messages", "notes", "about"] as const;
export type PanelName = (typeof PANELS)[number];
export const DIALOGS = ["fields", "cut", "viewer", "keys"] as const;
export type DialogName = (typeof DIALOGS)[number];

/** What a link to a moment holds; all times are seconds from the start of the recording. */
export type PlayerSearch = {
  /** The cursor. */
  t?: number;
  /** The cursor as a moment, nanoseconds since 1970, for links of those who do not know the recording's start. */
  ns?: string;
  /** The window that is shown; all of it when absent. */
  from?: number;
  to?: number;
  /** A selected span. */
  a?: number;
  b?: number;
  /** One plot each: fields with commas between them. */
  plots?: string[];
  /** Opened panels; those that suit the recording when absent. */
  panels?: PanelName[];
  /** Whose path is drawn. */
  pose?: string;
  /** Whose messages are inspected. */
  topic?: string;
  /** What was opened or closed of the inspected message, by its path, against how it is at first. */
  turned?: string[];
  /** How fast it plays, when not as fast as it was. */
  speed?: number;
  /** The dialog that is open. */
  open?: DialogName;
  /** The note that is being rewritten. */
  note?: number;
  /** What is searched among the fields, and the plot that gets the one that is found; a new one when absent. */
  find?: string;
  into?: number;
  /** The topics that are cut out; all when absent. */
  cut?: string[];
};

// More than this nobody opens, and an address has an end.
export const MOST_TURNED = 60;
const MOST_CUT = 100;

/** Reads what a URL holds, whoever wrote it. */
export function playerSearch(search: Record<string, unknown>): PlayerSearch {
  const panels = texts(search.panels)?.flatMap((one) => oneOf(one, PANELS) ?? []);
  const none = search.panels !== undefined && panels === undefined ? ([] as PanelName[]) : undefined;
  const noPlots = Array.isArray(search.plots) && search.plots.length === 0 ? ([] as string[]) : undefined;
  return {
    t: number(search.t),
    ns: /^\d{1,19}$/.exec(text(search.ns) ?? "")?.[0],
    from: number(search.from),
    to: number(search.to),
    a: number(search.a),
    b: number(search.b),
    plots: texts(search.plots) ?? noPlots,
    panels: panels ?? none,
    topic: text(search.topic),
    pose: text(search.pose),
    turned: texts(search.turned)?.slice(0, MOST_TURNED),
    speed: SPEEDS.find((speed) => speed === number(search.speed) && speed !== 1),
    open: oneOf(search.open, DIALOGS),
    note: number(search.note),
    find: text(search.find),
    into: number(search.into),
    cut: texts(search.cut)?.slice(0, MOST_CUT),
  };
}

type Place = { cursor: number; view: Span; selection: Span | null; durationS: number; speed?: number };

/** The part of a link that the timeline writes. */
export function placeOf({ cursor, view, selection, durationS, speed }: Place): PlayerSearch {
  const all = isWhole(view, durationS);
  return {
    t: rounded(cursor),
    ns: undefined,
    from: all ? undefined : rounded(view.from),
    to: all ? undefined : rounded(view.to),
    a: selection === null ? undefined : rounded(selection.from),
    b: selection === null ? undefined : rounded(selection.to),
    speed: speed === 1 ? undefined : speed,
  };
}

export function viewOf(search: PlayerSearch): Span | undefined {
  const { from, to } = search;
  return from === undefined || to === undefined || to <= from ? undefined : { from, to };
}

export function selectionOf(search: PlayerSearch): Span | undefined {
  const { a, b } = search;
  return a === undefined || b === undefined || b <= a ? undefined : { from: a, to: b };
}

const PLACE_KEYS = ["t", "from", "to", "a", "b", "speed"] as const;

/** Whether two links show the same time, window and selection, as fast as each other. */
export function samePlace(one: PlayerSearch, other: PlayerSearch): boolean {
  return PLACE_KEYS.every((key) => one[key] === other[key]);
}
