import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { answered, api } from "~/api/client";
import { inParts, MOST } from "~/parts/listed";
import type { FleetSearch } from "./fleet-search";

// Heartbeats are no events: there are too many of them.
const HEARTBEATS_MS = 15_000;
const HOUR_MS = 3_600_000;
/** As many robots as a page shows: the hub is asked for the guards of as many at a time. */
const PAGE = 100;

/** One page of the fleet, those in trouble first, and how many there are of each health. */
export function robotList({ q, site, tag, health, retired, offset }: FleetSearch) {
  return queryOptions({
    queryKey: ["robots", "list", { q, site, tag, health, retired, offset }],
    refetchInterval: HEARTBEATS_MS,
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) => {
      const query = { text: q, site, tag, health, retired, offset, order: "trouble", limit: PAGE } as const;
      return answered(api.GET("/api/v1/robots", { params: { query }, signal }));
    },
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

/** What the guards of these robots did in the last hour. */
export function guardsOf(robotIds: string[]) {
  return queryOptions({
    queryKey: ["risk-events", "last-hour", robotIds],
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) => {
      const since = new Date(Date.now() - HOUR_MS).toISOString();
      return answered(
        api.GET("/api/v1/risk-events/by-robot", {
          params: { query: { since, robots: robotIds, limit: PAGE } },
          signal,
        }),
      );
    },
  });
}

export const openEnrolments = inParts(
  ["robots", "enrolments"],
  (query, signal) => answered(api.GET("/api/v1/robots/enrolments", { params: { query }, signal })),
  MOST,
);

export function robotTokens(robotId: string) {
  return inParts(["robots", "tokens", robotId], (query, signal) =>
    answered(api.GET("/api/v1/robots/{robot_id}/tokens", { params: { path: { robot_id: robotId }, query }, signal })),
  );
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
