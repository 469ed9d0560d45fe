import { figure } from "./numbers";

/** Words of rules, the same wherever a rule is spoken of. */

const SIGNS: Record<string, string> = {
  gt: ">",
  gte: "≥",
  lt: "<",
  lte: "≤",
  equals: "=",
  not_equals: "≠",
  diverge_gt: "differ by >",
};

/** A sign for an operator of a rule, or its name where there is none. */
export function signOf(op: string): string {
  return SIGNS[op] ?? op.replaceAll("_", " ");
}

type Measured = { rule: string; topic?: string | null; field?: string | null };

/** What a rule looked at: `/speed.data`; its name where it looked at no single field. */
export function measuredBy({ rule, topic, field }: Measured): string {
  if (topic == null || topic === "") return rule;
  if (field == null || field === "") return topic;
  return field.startsWith("[") ? `${topic}${field}` : `${topic}.${field}`;
}

/** What was measured against what: `9.13 > 9`; nothing where nothing was measured. */
export function comparison(fired: { value?: number | null; op?: string | null; threshold?: number | null }): string {
  if (fired.value == null) return "";
  return fired.op == null
    ? figure(fired.value)
    : `${figure(fired.value)} ${signOf(fired.op)} ${figure(fired.threshold)}`;
}
