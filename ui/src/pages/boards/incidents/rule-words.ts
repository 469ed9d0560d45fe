import type { Model } from "~/api/client";

/** Which incidents a rule takes, as a sentence. */
export function fitting(rule: Pick<Model<"Rule">, "min_severity" | "robot_ids" | "labels" | "incident_rules">): string {
  const parts = [
    rule.min_severity === null ? "any severity" : `${rule.min_severity} or worse`,
    listed("of", rule.robot_ids),
    listed("labelled", rule.labels),
    listed("opened by", rule.incident_rules),
  ];
  return parts.filter((part) => part !== "").join(", ");
}

const MOST_NAMED = 4;

function listed(lead: string, names: readonly string[]): string {
  if (names.length === 0) return "";
  const shown = names.slice(0, MOST_NAMED).join(" or ");
  return `${lead} ${shown}${names.length > MOST_NAMED ? ` or ${names.length - MOST_NAMED} more` : ""}`;
}
