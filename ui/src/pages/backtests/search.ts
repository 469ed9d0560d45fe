import { day, flag, number, text, texts } from "~/app/search";

export type BacktestsSearch = { offset?: number };
/** How results are looked at: all recordings unless told, and from which on. */
export type BacktestSearch = { fired?: true; offset?: number };
/** What a new backtest begins with: rules in one line each, and the recordings they run over. */
export type NewBacktestSearch = {
  rule?: string[];
  recording?: string[];
  robot?: string;
  label?: string;
  since?: string;
  until?: string;
};

export function backtestsSearch(search: Record<string, unknown>): BacktestsSearch {
  return { offset: number(search.offset) };
}

export function backtestSearch(search: Record<string, unknown>): BacktestSearch {
  return { fired: flag(search.fired), offset: number(search.offset) };
}

export function newBacktestSearch(search: Record<string, unknown>): NewBacktestSearch {
  return {
    rule: texts(search.rule),
    recording: texts(search.recording),
    robot: text(search.robot),
    label: text(search.label),
    since: day(search.since),
    until: day(search.until),
  };
}
