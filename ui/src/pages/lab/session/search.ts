import { number, oneOf, text, texts, yesOrNo } from "~/app/search";

export const TABS = ["log", "artifacts", "files", "debug", "about"] as const;
export type SessionTab = (typeof TABS)[number];

/** What is open of one debug session. */
export type SessionSearch = {
  tab?: SessionTab;
  command?: string;
  find?: string;
  line?: number;
  /** The first line in view, while what comes is not followed. */
  at?: number;
  follow?: boolean;
  artifact?: string;
  tests?: "bad" | "all";
  /** Which tests were unfolded or folded against how they are at first, by their places in the report. */
  turned?: number[];
  /** How many parts of a long report are shown. */
  cases?: number;
  path?: string;
  /** The program that is to be debugged, when not the usual one. */
  program?: string;
};

// More than this nobody unfolds, and an address has an end.
const MOST_TURNED = 100;

export function sessionSearch(search: Record<string, unknown>): SessionSearch {
  return {
    tab: oneOf(search.tab, TABS),
    command: text(search.command),
    find: text(search.find),
    line: number(search.line),
    at: number(search.at),
    follow: yesOrNo(search.follow),
    artifact: text(search.artifact),
    tests: oneOf(search.tests, ["bad", "all"]),
    turned: places(search.turned),
    cases: number(search.cases),
    path: text(search.path),
    program: text(search.program),
  };
}

function places(value: unknown): number[] | undefined {
  const found = texts(value)?.flatMap((one) => number(one) ?? []);
  return found === undefined || found.length === 0 ? undefined : found.slice(0, MOST_TURNED);
}

/** The same places with one more, or without it; none is nothing to keep. */
export function turnedAt(turned: readonly number[], place: number): number[] | undefined {
  const next = turned.includes(place) ? turned.filter((one) => one !== place) : [...turned, place];
  return next.length === 0 ? undefined : next.slice(-MOST_TURNED);
}
