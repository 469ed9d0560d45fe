import { day, flag, number, oneOf, text, texts } from "~/app/search";

export const STATES = ["open", "investigating", "mitigated", "resolved", "duplicate", "wont_fix"] as const;
export const SEVERITIES = ["critical", "high", "medium", "low"] as const;
export type State = (typeof STATES)[number];
export type Severity = (typeof SEVERITIES)[number];

/** Which incidents are listed. The page of one incident keeps it, to lead back and to the next one. */
export type IncidentSearch = {
  q?: string;
  state?: State[];
  severity?: Severity[];
  robot?: string;
  rule?: string;
  live?: true;
  /** The days on which they were opened. */
  since?: string;
  until?: string;
  /** The most urgent first, instead of the latest. */
  order?: "urgency";
  page?: number;
};

/** The list with what is open above it. */
export type IncidentListSearch = IncidentSearch & {
  /** An incident is being reported. */
  report?: true;
  /** The chosen ones are being judged. */
  judge?: true;
};

export function incidentListSearch(search: Record<string, unknown>): IncidentListSearch {
  return { ...incidentSearch(search), report: flag(search.report), judge: flag(search.judge) };
}

export function incidentSearch(search: Record<string, unknown>): IncidentSearch {
  const page = number(search.page);
  return {
    q: text(search.q),
    state: someOf(search.state, STATES),
    severity: someOf(search.severity, SEVERITIES),
    robot: text(search.robot),
    rule: text(search.rule),
    live: flag(search.live),
    since: day(search.since),
    until: day(search.until),
    order: oneOf(search.order, ["urgency"] as const),
    page: page !== undefined && Number.isInteger(page) && page > 1 ? page : undefined,
  };
}

function someOf<const Choice extends string>(value: unknown, choices: readonly Choice[]): Choice[] | undefined {
  const found = texts(value)?.flatMap((one) => oneOf(one, choices) ?? []);
  return found === undefined || found.length === 0 ? undefined : found;
}

export const TIMELINE_KINDS = ["happened", "work", "people"] as const;
export type TimelineKind = (typeof TIMELINE_KINDS)[number];

/** What is open on the page of one incident, beside the list it came from. */
export type IncidentView = IncidentSearch & {
  recording?: string;
  /** Where one looks in it, when not at the trigger: seconds from its start. */
  t?: number;
  from?: number;
  to?: number;
  show?: TimelineKind;
  newest?: true;
  event?: string;
  /** The state it is about to be given, as long as the reason is being written; and the one it repeats. */
  become?: State;
  of?: string;
  /** The board it is about to be put on. */
  board?: string;
};

export function incidentView(search: Record<string, unknown>): IncidentView {
  return {
    ...incidentSearch(search),
    recording: text(search.recording),
    t: number(search.t),
    from: number(search.from),
    to: number(search.to),
    show: oneOf(search.show, TIMELINE_KINDS),
    newest: flag(search.newest),
    event: text(search.event),
    become: oneOf(search.become, STATES),
    of: text(search.of),
    board: text(search.board),
  };
}

/** The list alone, without what is open of one incident. */
export function listOf(search: IncidentSearch): IncidentSearch {
  const { q, state, severity, robot, rule, live, since, until, order, page } = search;
  return { q, state, severity, robot, rule, live, since, until, order, page };
}

export function isNarrowed(search: IncidentSearch): boolean {
  const { page: _page, order: _order, ...filters } = listOf(search);
  return Object.values(filters).some((one) => one !== undefined);
}
