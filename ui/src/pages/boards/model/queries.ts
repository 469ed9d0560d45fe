import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { answered, api, type Model } from "~/api/client";

export type Snapshot = Model<"BoardSnapshot">;
export type TaskCard = Model<"TaskCard">;
export type Task = Model<"Task">;
export type Approval = Model<"Approval">;
export type BoardApproval = Model<"BoardApproval">;
export type TaskStatus = Model<"TaskStatus">;
export type Priority = Model<"Priority">;

/** As many as one answer of the hub holds. */
export const MOST = 200;
const PAGE = 50;
// Heartbeats and spending have no events of their own.
const BEAT_MS = 15_000;

export const overview = (q?: string) =>
  queryOptions({
    queryKey: ["boards", "overview", q ?? ""],
    queryFn: ({ signal }) =>
      answered(api.GET("/api/v1/boards/overview", { params: { query: { q, limit: MOST } }, signal })),
  });

export const groups = queryOptions({
  queryKey: ["boards", "groups"],
  queryFn: ({ signal }) => answered(api.GET("/api/v1/board-groups", { params: { query: { limit: MOST } }, signal })),
});

export const groupSnapshot = (groupId: string) =>
  queryOptions({
    queryKey: ["boards", "groups", groupId],
    queryFn: ({ signal }) =>
      answered(
        api.GET("/api/v1/board-groups/{group_id}/snapshot", { params: { path: { group_id: groupId } }, signal }),
      ),
  });

export const snapshot = (boardId: string) =>
  queryOptions({
    queryKey: ["boards", boardId, "snapshot"],
    queryFn: ({ signal }) =>
      answered(api.GET("/api/v1/boards/{board_id}/snapshot", { params: { path: { board_id: boardId } }, signal })),
  });

export const task = (boardId: string, taskId: string) =>
  queryOptions({
    queryKey: ["boards", boardId, "tasks", taskId],
    queryFn: ({ signal }) =>
      answered(
        api.GET("/api/v1/boards/{board_id}/tasks/{task_id}", {
          params: { path: { board_id: boardId, task_id: taskId } },
          signal,
        }),
      ),
  });

export const comments = (boardId: string, taskId: string) =>
  infiniteQueryOptions({
    queryKey: ["boards", boardId, "tasks", taskId, "comments"],
    initialPageParam: 0,
    queryFn: ({ signal, pageParam }) =>
      answered(
        api.GET("/api/v1/boards/{board_id}/tasks/{task_id}/comments", {
          params: { path: { board_id: boardId, task_id: taskId }, query: { limit: MOST, offset: pageParam } },
          signal,
        }),
      ),
    getNextPageParam: after,
  });

export const history = (boardId: string, subjectId?: string) =>
  infiniteQueryOptions({
    queryKey: ["boards", boardId, "history", subjectId ?? ""],
    initialPageParam: undefined as number | undefined,
    queryFn: ({ signal, pageParam }) =>
      answered(
        api.GET("/api/v1/activity", {
          params: { query: { board: boardId, subject: subjectId, cursor: pageParam, limit: PAGE } },
          signal,
        }),
      ),
    getNextPageParam: (last) => last.next_cursor ?? undefined,
  });

export type ApprovalsSought = { status?: Model<"ApprovalStatus">; task_id?: string };

export const boardApprovals = (boardId: string, sought: ApprovalsSought) =>
  infiniteQueryOptions({
    queryKey: ["approvals", boardId, sought],
    initialPageParam: 0,
    queryFn: ({ signal, pageParam }) =>
      answered(
        api.GET("/api/v1/boards/{board_id}/approvals", {
          params: { path: { board_id: boardId }, query: { ...sought, limit: PAGE, offset: pageParam } },
          signal,
        }),
      ),
    getNextPageParam: after,
  });

export const allApprovals = (sought: { status?: Model<"ApprovalStatus">; waiting_for_me?: boolean }) =>
  infiniteQueryOptions({
    queryKey: ["approvals", "all", sought],
    initialPageParam: 0,
    queryFn: ({ signal, pageParam }) =>
      answered(
        api.GET("/api/v1/boards/approvals", {
          params: { query: { ...sought, limit: PAGE, offset: pageParam } },
          signal,
        }),
      ),
    getNextPageParam: after,
  });

export const approval = (boardId: string, approvalId: string) =>
  queryOptions({
    queryKey: ["approvals", boardId, "one", approvalId],
    queryFn: ({ signal }) =>
      answered(
        api.GET("/api/v1/boards/{board_id}/approvals/{approval_id}", {
          params: { path: { board_id: boardId, approval_id: approvalId } },
          signal,
        }),
      ),
  });

export const members = (organizationId: string) =>
  queryOptions({
    queryKey: ["members", organizationId, "list"],
    staleTime: 60_000,
    queryFn: ({ signal }) =>
      answered(
        api.GET("/api/v1/organizations/{organization_id}/members", {
          params: { path: { organization_id: organizationId }, query: { limit: MOST } },
          signal,
        }),
      ),
  });

export const agents = (boardId: string) =>
  queryOptions({
    queryKey: ["agents", boardId],
    refetchInterval: BEAT_MS,
    queryFn: ({ signal }) =>
      answered(api.GET("/api/v1/agents", { params: { query: { board_id: boardId, limit: MOST } }, signal })),
  });

export const usage = (agentId: string) =>
  queryOptions({
    queryKey: ["agents", "usage", agentId],
    refetchInterval: BEAT_MS,
    queryFn: ({ signal }) =>
      answered(api.GET("/api/v1/agents/{agent_id}/usage", { params: { path: { agent_id: agentId } }, signal })),
  });

/** The place of the page after this one; undefined at the end. */
export function after(page: { offset: number; items: readonly unknown[]; total: number }): number | undefined {
  const next = page.offset + page.items.length;
  return page.items.length > 0 && next < page.total ? next : undefined;
}
