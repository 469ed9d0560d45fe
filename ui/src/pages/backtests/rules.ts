import type { Model } from "~/api/client";
import { daysOf } from "~/format/days";
import { measuredBy } from "~/format/triggers";
import type { NewBacktestSearch } from "./search";

const OPS: Record<string, string> = { gt: ">", gte: ">=", lt: "<", lte: "<=", equals: "==", not_equals: "!=" };

/** The rule that fired as a line to change and try again; none where it cannot be written as one. */
export function lineOf(trigger: Model<"TriggerFired"> | null | undefined): string | undefined {
  const { topic, op, threshold } = trigger ?? {};
  const sign = op == null ? undefined : OPS[op];
  if (trigger == null || topic == null || sign === undefined || threshold == null) return undefined;
  return trigger.kind === "threshold" ? `${measuredBy(trigger)} ${sign} ${threshold}` : undefined;
}

/** Rules as they were typed, one in each line: an expression, or a whole rule as JSON. */
export function rulesOf(typed: string): { rules: unknown[]; problem: string | null } {
  const rules: unknown[] = [];
  for (const line of typed.split("\n").map((one) => one.trim())) {
    if (line === "") continue;
    if (!line.startsWith("{")) {
      rules.push(line);
      continue;
    }
    try {
      rules.push(JSON.parse(line));
    } catch {
      return { rules, problem: `This line is no JSON: ${line.slice(0, 60)}` };
    }
  }
  return { rules, problem: null };
}

/** The recordings that a backtest runs over, in the words of the API: those named, else all that fit. */
export function chosenBy(search: NewBacktestSearch): Partial<Model<"NewBacktest">> {
  const { recording, robot, label } = search;
  if (recording !== undefined) return { session_ids: recording };
  return { robot_id: robot ?? null, label: label ?? null, ...daysOf(search) };
}
