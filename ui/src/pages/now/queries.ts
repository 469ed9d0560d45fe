import { queryOptions } from "@tanstack/react-query";
import { answered, api } from "~/api/client";

/** Guards are looked at this far back. */
export const LATELY_MS = 10 * 60_000;
const SHOWN = 8;

/** How many incidents are not closed, by severity. */
export const figures = queryOptions({
  queryKey: ["dashboard", "24h"],
  queryFn: ({ signal }) =>
    answered(api.GET("/api/v1/metrics/dashboard", { params: { query: { range: "24h" } }, signal })),
});

/** Those that are not closed: the worst first, of those the one that has waited longest. */
export const openIncidents = queryOptions({
  queryKey: ["incidents", "open"],
  queryFn: ({ signal }) =>
    answered(api.GET("/api/v1/incidents", { params: { query: { live: true, order: "urgency", limit: 12 } }, signal })),
});

/** Robots that were not heard of for too long, the silent ones first. */
export const quietRobots = queryOptions({
  queryKey: ["robots", "quiet"],
  queryFn: async ({ signal }) => {
    const found = await answered(
      api.GET("/api/v1/robots", { params: { query: { order: "trouble", limit: SHOWN } }, signal }),
    );
    const { silent = 0, stale = 0 } = found.by_health ?? {};
    return {
      items: found.items.filter(({ health }) => health === "silent" || health === "stale"),
      total: silent + stale,
    };
  },
});

/** What guards refused in the last minutes, by robot; what is older by now is left out where it is shown. */
export const rejections = queryOptions({
  queryKey: ["risk-events", "rejected"],
  // No event tells that something is minutes old.
  refetchInterval: 60_000,
  queryFn: ({ signal }) => {
    const since = new Date(Date.now() - LATELY_MS).toISOString();
    return answered(
      api.GET("/api/v1/risk-events/by-robot", {
        params: { query: { outcome: "reject", since, limit: SHOWN } },
        signal,
      }),
    );
  },
});

export const waitingApprovals = queryOptions({
  queryKey: ["approvals", "waiting"],
  queryFn: ({ signal }) =>
    answered(
      api.GET("/api/v1/boards/approvals", {
        params: { query: { status: "pending", waiting_for_me: true, limit: SHOWN } },
        signal,
      }),
    ),
});

export const deadDeliveries = queryOptions({
  queryKey: ["notifications", "deliveries", "dead"],
  queryFn: ({ signal }) =>
    answered(
      api.GET("/api/v1/notifications/deliveries", { params: { query: { state: "dead", limit: SHOWN } }, signal }),
    ),
});

/** Webhooks and subscriptions of boards that something was given up for. */
export const givenUp = queryOptions({
  queryKey: ["webhooks", "given-up"],
  queryFn: ({ signal }) =>
    answered(api.GET("/api/v1/webhooks/given-up", { params: { query: { limit: SHOWN } }, signal })),
});

/** How many there are of what a new hub has none of. */
export const beginnings = {
  robots: queryOptions({
    queryKey: ["robots", "any"],
    queryFn: async ({ signal }) =>
      (await answered(api.GET("/api/v1/robots", { params: { query: { limit: 1 } }, signal }))).total,
  }),
  recordings: queryOptions({
    queryKey: ["recordings", "any"],
    queryFn: async ({ signal }) =>
      (await answered(api.GET("/api/sessions", { params: { query: { limit: 1 } }, signal }))).total,
  }),
  incidents: queryOptions({
    queryKey: ["incidents", "any"],
    queryFn: async ({ signal }) =>
      (await answered(api.GET("/api/v1/incidents", { params: { query: { limit: 1 } }, signal }))).total,
  }),
  boards: queryOptions({
    queryKey: ["boards", "any"],
    queryFn: async ({ signal }) =>
      (await answered(api.GET("/api/v1/boards", { params: { query: { limit: 1 } }, signal }))).total,
  }),
  destinations: queryOptions({
    queryKey: ["notifications", "any"],
    queryFn: async ({ signal }) =>
      (await answered(api.GET("/api/v1/notifications/destinations", { params: { query: { limit: 1 } }, signal })))
        .total,
  }),
};
