import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { answered, api, type Model } from "~/api/client";
import { inParts, MOST, SOME } from "~/parts/listed";

export type Snapshot = Model<"BoardSnapshot">;
export type TaskCard = Model<"TaskCard">;
export type Task = Model<"Task">;
export type Approval = Model<"Approval">;
export type BoardApproval = Model<"BoardApproval">;
export type TaskStatus = Model<"TaskStatus">;
export type Priority = Model<"Priority">;

const PAGE = 50;
// Heartbeats and spending have no events of their own.
export const BEAT_MS = 15_000;

export const overview = (sought: { q?: string; group_id?: string } = {}) =>
  inParts(
    ["boards", "overview", sought],
    (part, signal) =>
      answered(api.GET("/api/v1/boards/overview", { params: { query: { ...sought, ...part } }, signal })),
    MOST,
  );

/** Boards of a group as somebody may use them. */
export const writable = (groupId: string) =>
  queryOptions({
    queryKey: ["boards", "groups", groupId, "writable"],
    queryFn: ({ signal }) =>
      answered(api.GET("/api/v1/boards/overview", { params: { query: { group_id: groupId, limit: MOST } }, signal })),
  });

export const groups = inParts(
  ["boards", "groups"],
  (query, signal) => answered(api.GET("/api/v1/board-groups", { params: { query }, signal })),
  MOST,
);

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
  inParts(
    ["boards", boardId, "tasks", taskId, "comments"],
    (query, signal) =>
      answered(
        api.GET("/api/v1/boards/{board_id}/tasks/{task_id}/comments", {
          params: { path: { board_id: boardId, task_id: taskId }, query },
          signal,
        }),
      ),
    MOST,
  );

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
  inParts(["approvals", boardId, sought], (part, signal) =>
    answered(
      api.GET("/api/v1/boards/{board_id}/approvals", {
        params: { path: { board_id: boardId }, query: { ...sought, ...part } },
        signal,
      }),
    ),
  );

export const allApprovals = (sought: { status?: Model<"ApprovalStatus">; waiting_for_me?: boolean }) =>
  inParts(["approvals", "all", sought], (part, signal) =>
    answered(api.GET("/api/v1/boards/approvals", { params: { query: { ...sought, ...part } }, signal })),
  );

export const allTags = inParts(["boards", "tags"], (query, signal) =>
  answered(api.GET("/api/v1/tags", { params: { query }, signal })),
);

export const allFields = inParts(["boards", "fields"], (query, signal) =>
  answered(api.GET("/api/v1/custom-fields", { params: { query }, signal })),
);

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

/** Members whose names or addresses hold these words. */
export const membersCalled = (organizationId: string, words: string) =>
  queryOptions({
    queryKey: ["members", organizationId, "called", words],
    staleTime: 60_000,
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) =>
      answered(
        api.GET("/api/v1/organizations/{organization_id}/members", {
          params: {
            path: { organization_id: organizationId },
            query: { q: words === "" ? undefined : words, limit: SOME },
          },
          signal,
        }),
      ),
  });

export const member = (organizationId: string, userId: string) =>
  queryOptions({
    queryKey: ["members", organizationId, "one", userId],
    staleTime: 60_000,
    queryFn: ({ signal }) =>
      answered(
        api.GET("/api/v1/organizations/{organization_id}/members/{user_id}", {
          params: { path: { organization_id: organizationId, user_id: userId } },
          signal,
        }),
      ),
  });

export const agents = (boardId: string) =>
  inParts(["agents", boardId], (part, signal) =>
    answered(api.GET("/api/v1/agents", { params: { query: { board_id: boardId, ...part } }, signal })),
  );

export const agent = (agentId: string) =>
  queryOptions({
    queryKey: ["agents", "one", agentId],
    refetchInterval: BEAT_MS,
    queryFn: ({ signal }) =>
      answered(api.GET("/api/v1/agents/{agent_id}", { params: { path: { agent_id: agentId } }, signal })),
  });

export const usage = (agentId: string) =>
  queryOptions({
    queryKey: ["agents", "usage", agentId],
    refetchInterval: BEAT_MS,
    queryFn: ({ signal }) =>
      answered(api.GET("/api/v1/agents/{agent_id}/usage", { params: { path: { agent_id: agentId } }, signal })),
  });
