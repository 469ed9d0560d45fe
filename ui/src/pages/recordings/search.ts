import { flag, oneOf, text } from "~/app/search";

export const SORTS = ["recorded", "size", "duration"] as const;
export type Sort = (typeof SORTS)[number];
export const RECORDING_STATES = ["announced", "indexing", "ok", "damaged", "recovering"] as const;
export const DIALOGS = ["pin", "unpin", "download", "cut", "delete"] as const;
export type DialogName = (typeof DIALOGS)[number];

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
  };
}

export function filtersOf(search: RecordingSearch): Filters {
  const { sort: _sort, order: _order, act: _act, narrow: _narrow, ...filters } = search;
  return filters;
}

export const NO_FILTERS: Filters = {
  q: undefined,
  robot: undefined,
  label: undefined,
  trigger: undefined,
  topic: undefined,
  reason: undefined,
  state: undefined,
  site: undefined,
  incident: undefined,
  since: undefined,
  until: undefined,
  annotated: undefined,
  pinned: undefined,
};

export function isNarrowed(search: RecordingSearch): boolean {
  return Object.values(filtersOf(search)).some((one) => one !== undefined);
}

/** A day as a date field writes it; anything else is none. */
function day(value: unknown): string | undefined {
  const said = text(value);
  return said !== undefined && /^\d{4}-\d{2}-\d{2}$/.test(said) && !Number.isNaN(Date.parse(said)) ? said : undefined;
}

const DAY_MS = 86_400_000;

/** The query of the API: days are the viewer's, and the last one is meant with all its hours. */
export function queryOf(filters: Filters) {
  const { robot, since, until, ...same } = filters;
  return {
    ...same,
    robot_id: robot,
    since: since === undefined ? undefined : new Date(`${since}T00:00`).toISOString(),
    until: until === undefined ? undefined : new Date(new Date(`${until}T00:00`).getTime() + DAY_MS).toISOString(),
  };
}
