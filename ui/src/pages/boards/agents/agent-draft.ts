import type { Model } from "~/api/client";

/** An agent as a form holds it. */
export type AgentDraft = {
  name: string;
  role: Model<"AgentRole">;
  runtime: string;
  identity: string;
  heartbeat_interval_s: number | string;
  requests_per_day: number | string;
  tasks_per_day: number | string;
  cost_per_day: number | string;
};

export function agentDraftOf(agent?: Model<"Agent">): AgentDraft {
  return {
    name: agent?.name ?? "",
    role: agent?.role ?? "worker",
    runtime: agent?.runtime ?? "",
    identity: agent?.identity ?? "",
    heartbeat_interval_s: agent?.heartbeat_interval_s ?? 60,
    requests_per_day: agent?.budgets.requests_per_day ?? "",
    tasks_per_day: agent?.budgets.tasks_per_day ?? "",
    cost_per_day: agent?.budgets.cost_per_day ?? "",
  };
}

export function agentOf(draft: AgentDraft) {
  const { requests_per_day, tasks_per_day, cost_per_day, heartbeat_interval_s, ...rest } = draft;
  return {
    ...rest,
    heartbeat_interval_s: Number(heartbeat_interval_s),
    budgets: {
      requests_per_day: limit(requests_per_day),
      tasks_per_day: limit(tasks_per_day),
      cost_per_day: limit(cost_per_day),
    },
  };
}

function limit(text: number | string): number | null {
  return text === "" ? null : Number(text);
}
