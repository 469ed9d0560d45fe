import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { answered, api, type Model } from "~/api/client";
import { daysOf } from "~/format/days";
import { inParts, MOST, whole } from "~/parts/listed";
import { untilOpened } from "./moment-of";
import { type IncidentSearch, listOf } from "./search";

export type Incident = Model<"Incident">;
export type Entry = Model<"IncidentEntry">;

export const PAGE = 50;
const RISK_PART = 100;

export function incidentList(search: IncidentSearch) {
  const { robot, since, until, page, ...same } = listOf(search);
  return queryOptions({
    queryKey: ["incidents", "list", { robot, since, until, page, ...same }],
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) =>
      answered(
        api.GET("/api/v1/incidents", {
          params: {
            query: {
              ...same,
              ...daysOf({ since, until }),
              robot_id: robot,
              limit: PAGE,
              offset: PAGE * ((page ?? 1) - 1),
            },
          },
          signal,
        }),
      ),
  });
}

export function incident(id: string) {
  return queryOptions({
    queryKey: ["incidents", "one", id],
    queryFn: ({ signal }) =>
      answered(api.GET("/api/v1/incidents/{incident_id}", { params: { path: { incident_id: id } }, signal })),
  });
}

export function timeline(id: string) {
  return inParts(
    ["incidents", "timeline", id],
    (query, signal) =>
      answered(
        api.GET("/api/v1/incidents/{incident_id}/timeline", {
          params: { path: { incident_id: id }, query },
          signal,
        }),
      ),
    MOST,
  );
}

export function similar(id: string) {
  return queryOptions({
    queryKey: ["incidents", "similar", id],
    queryFn: ({ signal }) =>
      answered(
        api.GET("/api/v1/incidents/{incident_id}/similar", {
          params: { path: { incident_id: id }, query: { limit: 5 } },
          signal,
        }),
      ),
  });
}

/** Robots and rules that incidents were opened by, the commonest first: what a list can be narrowed to. */
export const groups = queryOptions({
  queryKey: ["incidents", "groups"],
  staleTime: 300_000,
  queryFn: ({ signal }) =>
    answered(api.GET("/api/v1/incidents/statistics", { params: { query: { days: 365 } }, signal })),
});

/** What a guard told of under the name of this incident. */
export function namedRiskEvents(id: string) {
  return riskEvents(["of", id], { incident_id: id });
}

/** A guard names an incident only while it has something recorded: of others it is what it told of until then. */
export function riskEventsBefore({ id, opened_at, robot_id }: Incident) {
  return riskEvents(["before", id], { robot_id: robot_id ?? undefined, ...untilOpened(opened_at) });
}

type Sought = { incident_id?: string; robot_id?: string; since?: string; until?: string };

function riskEvents(key: string[], sought: Sought) {
  return inParts(
    ["risk-events", ...key],
    (part, signal) => answered(api.GET("/api/v1/risk-events", { params: { query: { ...sought, ...part } }, signal })),
    RISK_PART,
  );
}

export function labSessions(incidentId: string) {
  return queryOptions({
    queryKey: ["lab", "sessions", "of", incidentId],
    queryFn: ({ signal }) =>
      whole((part) =>
        answered(api.GET("/sessions", { params: { query: { incident_id: incidentId, all: true, ...part } }, signal })),
      ),
  });
}

export function task(boardId: string, taskId: string) {
  return queryOptions({
    queryKey: ["boards", boardId, "tasks", taskId],
    queryFn: ({ signal }) =>
      answered(
        api.GET("/api/v1/boards/{board_id}/tasks/{task_id}", {
          params: { path: { board_id: boardId, task_id: taskId } },
          signal,
        }),
      ),
  });
}

export function comments(boardId: string, taskId: string) {
  return queryOptions({
    // Not the key that the task's own page has its parts under.
    queryKey: ["boards", boardId, "tasks", taskId, "comments", "whole"],
    queryFn: ({ signal }) =>
      whole((query) =>
        answered(
          api.GET("/api/v1/boards/{board_id}/tasks/{task_id}/comments", {
            params: { path: { board_id: boardId, task_id: taskId }, query },
            signal,
          }),
        ),
      ),
  });
}

export function approvals(boardId: string, taskId: string) {
  return queryOptions({
    queryKey: ["boards", boardId, "approvals", { taskId }],
    queryFn: ({ signal }) =>
      whole((part) =>
        answered(
          api.GET("/api/v1/boards/{board_id}/approvals", {
            params: { path: { board_id: boardId }, query: { task_id: taskId, ...part } },
            signal,
          }),
        ),
      ),
  });
}

/** Boards with whether one may change them. */
export const boards = inParts(
  ["boards", "with-rights"],
  (query, signal) => answered(api.GET("/api/v1/boards/overview", { params: { query }, signal })),
  MOST,
);
