import { day, flag, number, oneOf, text, texts } from "~/app/search";
import { daysOf } from "~/format/days";

export const SORTS = ["recorded", "size", "duration"] as const;
export type Sort = (typeof SORTS)[number];
export const RECORDING_STATES = ["announced", "indexing", "ok", "damaged"] as const;
export const DIALOGS = ["pin", "unpin", "download", "cut", "delete"] as const;
export type DialogName = (typeof DIALOGS)[number];
export const FACETS = ["robot", "label", "trigger", "reason", "state", "topic"] as const;
export type FacetName = (typeof FACETS)[number];

/** What the list is narrowed to, in the words of the API. */
export type Filters = {
  q?: string;
  robot?: string;
  label?: string;
  trigger?: string;
  topic?: string;
  reason?: string;
  state?: (typeof RECORDING_STATES)[number];
  site?: string;
  incident?: string;
  since?: string;
  until?: string;
  annotated?: true;
  pinned?: true;
};

export type RecordingSearch = Filters & {
  sort?: Sort;
  order?: "asc";
  /** What is being done with the chosen ones. */
  act?: DialogName;
  /** The facets are open, where there is no room beside the list. */
  narrow?: true;
  /** The facets of which all values are shown. */
  more?: FacetName[];
  /** The row at the top of the list, the first when absent. */
  at?: number;
  /** Which part the cutting dialog cuts: around the trigger when absent. */
  part?: "start";
};

export function recordingSearch(search: Record<string, unknown>): RecordingSearch {
  return {
    q: text(search.q),
    robot: text(search.robot),
    label: text(search.label),
    trigger: text(search.trigger),
    topic: text(search.topic),
    reason: text(search.reason),
    state: oneOf(search.state, RECORDING_STATES),
    site: text(search.site),
    incident: text(search.incident),
    since: day(search.since),
    until: day(search.until),
    annotated: flag(search.annotated),
    pinned: flag(search.pinned),
    sort: oneOf(search.sort, SORTS),
    order: oneOf(search.order, ["asc"] as const),
    act: oneOf(search.act, DIALOGS),
    narrow: flag(search.narrow),
    more: texts(search.more)?.flatMap((one) => oneOf(one, FACETS) ?? []),
    at: row(search.at),
    part: oneOf(search.part, ["start"] as const),
  };
}

const FILTERS = [
  "q",
  "robot",
  "label",
  "trigger",
  "topic",
  "reason",
  "state",
  "site",
  "incident",
  "since",
  "until",
  "annotated",
  "pinned",
] as const satisfies (keyof Filters)[];

export function filtersOf(search: RecordingSearch): Filters {
  return Object.fromEntries(FILTERS.map((name) => [name, search[name]]));
}

export const NO_FILTERS: Filters = Object.fromEntries(FILTERS.map((name) => [name, undefined]));

export function isNarrowed(search: RecordingSearch): boolean {
  return Object.values(filtersOf(search)).some((one) => one !== undefined);
}

function row(value: unknown): number | undefined {
  const said = number(value);
  return said !== undefined && Number.isInteger(said) && said > 0 ? said : undefined;
}

/** The query of the API: days are the viewer's, and the last one is meant with all its hours. */
export function queryOf(filters: Filters) {
  const { robot, since, until, ...same } = filters;
  return {
    ...same,
    robot_id: robot,
    ...daysOf({ since, until }),
  };
}
