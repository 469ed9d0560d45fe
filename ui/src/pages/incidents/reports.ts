import { type Facts, isSaid, record, text } from "./facts";

const LEVELS = ["normal", "elevated", "critical", "emergency"];

/** What a guard told of, once or many times in a row. */
export type Report = {
  outcomes: Record<string, number>;
  boundaries: string[];
  level: string;
  reason: string;
  /** How many reports these are; the last of them came then. */
  count: number;
  until: string;
};

/** One entry of the timeline; none when it only says that there are more. */
export function reportOf(facts: Facts, at: string): Report | undefined {
  if (typeof facts.further === "string") return undefined;
  const latest = record(facts.latest);
  const counted = Object.entries(record(facts.outcomes)).filter(
    (pair): pair is [string, number] => typeof pair[1] === "number" && pair[1] > 0,
  );
  return {
    outcomes: Object.fromEntries(counted),
    boundaries: [text(latest.boundary)].filter(isSaid),
    level: text(facts.worst_risk_level).toLowerCase(),
    reason: text(latest.reason),
    count: 1,
    until: at,
  };
}

/** Two that follow each other, as one: sums, the worst level, what was said last. */
export function together(one: Report, next: Report): Report {
  const outcomes = { ...one.outcomes };
  for (const [outcome, count] of Object.entries(next.outcomes)) outcomes[outcome] = (outcomes[outcome] ?? 0) + count;
  return {
    outcomes,
    boundaries: [...new Set([...one.boundaries, ...next.boundaries])],
    level: LEVELS.indexOf(next.level) > LEVELS.indexOf(one.level) ? next.level : one.level,
    reason: next.reason || one.reason,
    count: one.count + next.count,
    until: next.until,
  };
}

/** `Guard: clamp 13, reject 2 at workspace (emergency)`. */
export function reportWords({ outcomes, boundaries, level }: Report): string {
  const counted = Object.entries(outcomes).map(([outcome, count]) => `${outcome} ${count}`);
  return [
    "Guard:",
    counted.join(", ") || "reported",
    boundaries.length === 0 ? "" : `at ${boundaries.join(", ")}`,
    level === "" ? "" : `(${level})`,
  ]
    .filter(isSaid)
    .join(" ");
}
