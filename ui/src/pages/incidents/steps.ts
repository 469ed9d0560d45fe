import type { Model } from "~/api/client";
import { STATES, type State } from "./search";

const CLOSED: State[] = ["resolved", "duplicate", "wont_fix"];

export function isClosed(state: State): boolean {
  return CLOSED.includes(state);
}

/** What an incident may become: anything while it is not closed; a closed one only opens again. */
export function stepsFrom(state: State): State[] {
  return isClosed(state) ? ["investigating", "open"] : STATES.filter((one) => one !== state);
}

export function needsReason(from: State, to: State): boolean {
  return to === "duplicate" || to === "wont_fix" || isClosed(from);
}

/** The step that comes next as a rule, as a button says it. */
export function nextStep(state: State): { to: State; words: string } | null {
  if (state === "open") return { to: "investigating", words: "I look into it" };
  if (state === "investigating" || state === "mitigated") return { to: "resolved", words: "Resolve" };
  return null;
}

const JUDGED = {
  state: "state",
  severity: "severity",
  title: "title",
  root_cause: "root cause",
  ticket_url: "ticket",
  duplicate_of: "original",
} as const;

/** What became different between what somebody saw and what there is now, in words. */
export function differences(seen: Model<"Incident">, now: Model<"Incident">): string[] {
  return (Object.keys(JUDGED) as (keyof typeof JUDGED)[])
    .filter((name) => seen[name] !== now[name])
    .map((name) => `${JUDGED[name]}: ${words(seen[name])} → ${words(now[name])}`);
}

function words(value: string | null): string {
  return value === null || value === "" ? "none" : value.replaceAll("_", " ");
}

/** An address that may become a link; null for what is none, or would run something. */
export function safeUrl(url: string | null | undefined): string | null {
  if (url === null || url === undefined) return null;
  try {
    const { protocol, href } = new URL(url);
    return protocol === "http:" || protocol === "https:" ? href : null;
  } catch {
    return null;
  }
}
