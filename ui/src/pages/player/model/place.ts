import { number, oneOf, text, texts } from "~/app/search";
import { rounded } from "./times";
import { isWhole, type Span } from "./window";

export const PANELS = ["cameras", "path", "battery", "log", "messages", "notes", "about"] as const;
export type PanelName = (typeof PANELS)[number];

/** What a link to a moment holds; all times are seconds from the start of the recording. */
export type PlayerSearch = {
  /** The cursor. */
  t?: number;
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
};

/** Reads what a URL holds, whoever wrote it. */
export function playerSearch(search: Record<string, unknown>): PlayerSearch {
  const panels = texts(search.panels)?.flatMap((one) => oneOf(one, PANELS) ?? []);
  const none = search.panels !== undefined && panels === undefined ? ([] as PanelName[]) : undefined;
  const noPlots = Array.isArray(search.plots) && search.plots.length === 0 ? ([] as string[]) : undefined;
  return {
    t: number(search.t),
    from: number(search.from),
    to: number(search.to),
    a: number(search.a),
    b: number(search.b),
    plots: texts(search.plots) ?? noPlots,
    panels: panels ?? none,
    topic: text(search.topic),
    pose: text(search.pose),
  };
}

type Place = { cursor: number; view: Span; selection: Span | null; durationS: number };

/** The part of a link that the timeline writes. */
export function placeOf({ cursor, view, selection, durationS }: Place): PlayerSearch {
  const all = isWhole(view, durationS);
  return {
    t: rounded(cursor),
    from: all ? undefined : rounded(view.from),
    to: all ? undefined : rounded(view.to),
    a: selection === null ? undefined : rounded(selection.from),
    b: selection === null ? undefined : rounded(selection.to),
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

const PLACE_KEYS = ["t", "from", "to", "a", "b"] as const;

/** Whether two links show the same time, window and selection. */
export function samePlace(one: PlayerSearch, other: PlayerSearch): boolean {
  return PLACE_KEYS.every((key) => one[key] === other[key]);
}
