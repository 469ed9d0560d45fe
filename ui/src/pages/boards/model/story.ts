import type { Model } from "~/api/client";

export type Change = { name: string; before: string; after: string };
type Entry = Model<"ActivityEntry">;

const VERBS: Record<string, string> = {
  "task.created": "made the task",
  "task.claimed": "claimed it",
  "task.released": "gave it back",
  "task.lease_lost": "took it back: the lease is over",
  "task.unblocked": "waits for nothing any more",
  "task.deleted": "deleted the task",
  "comment.created": "commented",
  "comment.updated": "changed a comment",
  "comment.deleted": "deleted a comment",
  "approval.requested": "asked for an approval",
  "approval.approved": "approved",
  "approval.rejected": "rejected",
  "approval.voided": "made an approval void",
  "approval.expired": "let an approval expire",
  "approval.withdrawn": "took a request back",
  "approval.used": "used an approval",
  "subscription.dead": "gave up a delivery to a subscription",
  "subscription.secret_rotated": "gave a subscription a new secret",
  "webhook.delivered": "took a delivery of a webhook",
  "webhook.dead": "gave up a delivery of a webhook",
};
const PASSIVE = new Set(["agent.online", "agent.stale", "agent.offline"]);
const TENSES: Record<string, string> = { created: "made", updated: "changed" };
// What repeats who and what in a way that only programs read.
const NOT_TOLD = new Set(["version", "content_version", "changed_at", "digest", "assigned_id", "requested_by_id"]);
const LONGEST = 160;

/** What somebody did, in a few words: `task.claimed` is “claimed it”. */
export function verbOf(entry: Pick<Entry, "kind" | "before" | "after">): string {
  if (entry.kind === "task.updated" && typeof entry.after?.status === "string") {
    return `moved it to ${entry.after.status.replaceAll("_", " ")}`;
  }
  const known = VERBS[entry.kind];
  if (known !== undefined) return known;
  if (PASSIVE.has(entry.kind)) return "noted:";
  const [subject = "", verb = ""] = entry.kind.split(".");
  // `board.incident_rule_created` is of an incident rule.
  const words = verb.split("_");
  const done = words.pop() ?? "";
  const what = words.length > 0 ? words.join(" ") : subject;
  return `${TENSES[done] ?? done} ${what}`.trim();
}

/** What was changed, field by field, for what was there before. */
export function changesOf(entry: Pick<Entry, "before" | "after">): Change[] {
  const { before, after } = entry;
  if (!before || !after) return [];
  return Object.keys(after)
    .filter((name) => name in before && !NOT_TOLD.has(name))
    .filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]))
    .map((name) => ({ name: name.replaceAll("_", " "), before: said(before[name]), after: said(after[name]) }));
}

export function said(value: unknown): string {
  if (value === null || value === undefined || value === "") return "–";
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}
