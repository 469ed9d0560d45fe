import { useQueries } from "@tanstack/react-query";
import type { Model } from "~/api/client";
import { approvals, comments, type Entry } from "./queries";

export type Place = { boardId: string; taskId: string };

/** The tasks that people and agents work on an incident in, each once. */
export function placesOf(entries: Entry[]): Place[] {
  const found = new Map<string, Place>();
  for (const { kind, subject, facts } of entries) {
    const boardId = (facts as Record<string, unknown>).board_id;
    if (kind === "task" && subject !== null && typeof boardId === "string")
      found.set(subject, { boardId, taskId: subject });
  }
  return [...found.values()];
}

export type Work = {
  comments: { boardId: string; comment: Model<"Comment"> }[];
  approvals: Model<"Approval">[];
};

/** What is said and asked for in the tasks of an incident; one that is gone, or not for these eyes, says nothing. */
export function useWork(places: Place[]): Work {
  const said = useQueries({ queries: places.map(({ boardId, taskId }) => comments(boardId, taskId)) });
  const asked = useQueries({ queries: places.map(({ boardId, taskId }) => approvals(boardId, taskId)) });
  return {
    comments: places.flatMap(({ boardId }, place) =>
      (said[place]?.data?.items ?? []).map((comment) => ({ boardId, comment })),
    ),
    approvals: asked.flatMap((one) => one.data?.items ?? []),
  };
}
