import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { answered, api } from "~/api/client";
import type { FleetSearch } from "./fleet-search";

// Heartbeats are no events: there are too many of them.
const HEARTBEATS_MS = 15_000;
const MOST = 200;

export function robotList({ q, site, tag, health, retired }: FleetSearch) {
  return queryOptions({
    queryKey: ["robots", "list", { q, site, tag, health, retired }],
    refetchInterval: HEARTBEATS_MS,
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) =>
      answered(
        api.GET("/api/v1/robots", { params: { query: { text: q, site, tag, health, retired, limit: MOST } }, signal }),
      ),
  });
}

export function robot(robotId: string) {
  return queryOptions({
    queryKey: ["robots", "one", robotId],
    refetchInterval: HEARTBEATS_MS,
    queryFn: ({ signal }) =>
      answered(api.GET("/api/v1/robots/{robot_id}", { params: { path: { robot_id: robotId } }, signal })),
  });
}

export function robotHealth(robotId: string) {
  return queryOptions({
    queryKey: ["robots", "health", robotId],
    queryFn: ({ signal }) =>
      answered(
        api.GET("/api/v1/robots/{robot_id}/health", {
          params: { path: { robot_id: robotId }, query: { changes: 20, hours: 48 } },
          signal,
        }),
      ),
  });
}

/** What guards decided in the last hour; at most as many as one answer holds. */
export const latestRisk = queryOptions({
  queryKey: ["risk-events", "last-hour"],
  queryFn: ({ signal }) =>
    answered(
      api.GET("/api/v1/risk-events", {
        params: { query: { since: new Date(Date.now() - 3_600_000).toISOString(), limit: MOST } },
        signal,
      }),
    ),
});

export const openEnrolments = queryOptions({
  queryKey: ["robots", "enrolments"],
  queryFn: ({ signal }) =>
    answered(api.GET("/api/v1/robots/enrolments", { params: { query: { limit: MOST } }, signal })),
});

export function robotTokens(robotId: string) {
  return queryOptions({
    queryKey: ["robots", "tokens", robotId],
    queryFn: ({ signal }) =>
      answered(api.GET("/api/v1/robots/{robot_id}/tokens", { params: { path: { robot_id: robotId } }, signal })),
  });
}

export function robotRecordings(robotId: string) {
  return queryOptions({
    queryKey: ["recordings", "of-robot", robotId],
    queryFn: ({ signal }) =>
      answered(api.GET("/api/sessions", { params: { query: { robot_id: robotId, limit: 10 } }, signal })),
  });
}

export function robotIncidents(robotId: string) {
  return queryOptions({
    queryKey: ["incidents", "of-robot", robotId],
    queryFn: ({ signal }) =>
      answered(api.GET("/api/v1/incidents", { params: { query: { robot_id: robotId, limit: 10 } }, signal })),
  });
}
