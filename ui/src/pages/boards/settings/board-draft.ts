import type { Model } from "~/api/client";

type Board = Model<"Board">;

export const SWITCHES = [
  {
    name: "require_approval_for_done",
    title: "Approval before done",
    told: "A task is done only with an approval of task.done for what the task is then.",
  },
  {
    name: "require_review_before_done",
    title: "Review before done",
    told: "Done follows review, and no agent reviews its own work.",
  },
  {
    name: "comment_required_for_review",
    title: "Comment before review",
    told: "Whoever works on a task says what was done.",
  },
  {
    name: "block_status_changes_with_pending_approval",
    title: "Rest while an approval waits",
    told: "A task moves nowhere while an approval of it is pending.",
  },
  {
    name: "only_lead_can_change_status",
    title: "Only the lead moves tasks",
    told: "Workers neither claim nor move tasks; the lead and people do.",
  },
  {
    name: "require_approval_to_resolve_incidents",
    title: "Approval before an incident is resolved",
    told: "An incident with a task here is resolved only when the task is approved.",
  },
  {
    name: "allow_deciding_own_requests",
    title: "Own requests may be decided",
    told: "People may decide what they asked for themselves.",
  },
] as const satisfies { name: keyof Board; title: string; told: string }[];

export type Switch = (typeof SWITCHES)[number]["name"];

/** A board as a form holds it. */
export type BoardDraft = {
  name: string;
  objective: string;
  description: string;
  group_id: string | null;
  max_agents: number | string;
  claim_lease_s: number | string;
  approval_expires_s: number | string;
  approval_policy: { action_type: string; min_confidence: number | string }[];
} & Record<Switch, boolean>;

export function boardDraftOf(board?: Board): BoardDraft {
  const switches = Object.fromEntries(SWITCHES.map(({ name }) => [name, board?.[name] ?? false]));
  return {
    ...(switches as Record<Switch, boolean>),
    name: board?.name ?? "",
    objective: board?.objective ?? "",
    description: board?.description ?? "",
    group_id: board?.group_id ?? null,
    max_agents: board?.max_agents ?? "",
    claim_lease_s: board?.claim_lease_s ?? 600,
    approval_expires_s: board?.approval_expires_s ?? 86_400,
    approval_policy: board?.approval_policy ?? [],
  };
}

export function newBoardOf(draft: BoardDraft): Model<"NewBoard"> {
  return {
    ...draft,
    max_agents: draft.max_agents === "" ? null : Number(draft.max_agents),
    claim_lease_s: Number(draft.claim_lease_s),
    approval_expires_s: Number(draft.approval_expires_s),
    approval_policy: draft.approval_policy.map((rule) => ({
      action_type: rule.action_type.trim(),
      min_confidence: Number(rule.min_confidence),
    })),
  };
}

/** What of a draft is different from the board as it was read. */
export function boardChangeOf(draft: BoardDraft, board: Board): Partial<Model<"BoardChange">> {
  const now = newBoardOf(draft);
  const before = newBoardOf(boardDraftOf(board));
  const names = Object.keys(now) as (keyof typeof now)[];
  const changed = names.filter((name) => JSON.stringify(now[name]) !== JSON.stringify(before[name]));
  return Object.fromEntries(changed.map((name) => [name, now[name]]));
}
