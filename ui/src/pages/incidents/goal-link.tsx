import type { AnchorProps } from "@mantine/core";
import type { ReactNode } from "react";
import { PageLink } from "~/parts/link";
import type { Goal } from "./happenings";

/** A link to whatever belongs to an incident. */
export function GoalLink({ goal, children, ...look }: AnchorProps & { goal: Goal; children: ReactNode }) {
  const { to, search } = placeOf(goal);
  return (
    <PageLink inherit {...look} to={to} search={search as never}>
      {children}
    </PageLink>
  );
}

function placeOf(goal: Goal): { to: string; search: Record<string, string> } {
  const id = encodeURIComponent(goal.id);
  switch (goal.to) {
    case "recording":
      return { to: `/recordings/${id}`, search: {} };
    case "lab":
      return { to: `/lab/${id}`, search: {} };
    case "task":
      return { to: `/boards/${encodeURIComponent(goal.boardId)}`, search: { task: goal.id } };
    case "approval":
      return { to: "/boards/approvals", search: { approval: goal.id, board: goal.boardId, status: "all" } };
  }
}

export function RobotLink({ id, ...look }: AnchorProps & { id: string }) {
  return (
    <PageLink inherit {...look} to="/robots/$robotId" params={{ robotId: id }}>
      {id}
    </PageLink>
  );
}
