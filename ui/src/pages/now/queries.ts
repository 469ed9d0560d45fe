import { queryOptions } from "@tanstack/react-query";
import { answered, api } from "~/api/client";

/** Guards are looked at this far back. */
export const LATELY_MS = 10 * 60_000;
const SHOWN = 50;

/** How many incidents are not closed, by severity. */
export const figures = queryOptions({
  queryKey: ["dashboard", "24h"],
  queryFn: ({ signal }) =>
    answered(api.GET("/api/v1/metrics/dashboard", { params: { query: { range: "24h" } }, signal })),
});

/** Those that are not closed: the latest of all, and the worst, which may be older than those. */
export const openIncidents = queryOptions({
  queryKey: ["incidents", "open"],
  queryFn: async ({ signal }) => {
    const asked = [{}, { min_severity: "critical" }, { min_severity: "high" }] as const;
    const found = await Promise.all(
      asked.map((more) =>
        answered(api.GET("/api/v1/incidents", { params: { query: { live: true, limit: SHOWN, ...more } }, signal })),
      ),
    );
    const items = new Map(found.flatMap((page) => page.items.map((one) => [one.id, one] as const)));
    return { items: [...items.values()], total: found[0]?.total ?? 0 };
  },
});

export const quietRobots = queryOptions({
  queryKey: ["robots", "quiet"],
  queryFn: async ({ signal }) => {
    const found = await Promise.all(
      (["silent", "stale"] as const).map((health) =>
        answered(api.GET("/api/v1/robots", { params: { query: { health, limit: SHOWN } }, signal })),
      ),
    );
    return { items: found.flatMap((page) => page.items), total: found.reduce((sum, page) => sum + page.total, 0) };
  },
});

/** What guards refused in the last minutes; what is older by now is left out where it is shown. */
export const rejections = queryOptions({
  queryKey: ["risk-events", "rejected"],
  queryFn: ({ signal }) => {
    const since = new Date(Date.now() - LATELY_MS).toISOString();
    return answered(
      api.GET("/api/v1/risk-events", { params: { query: { outcome: "reject", since, limit: 200 } }, signal }),
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
    answered(api.GET("/api/v1/notifications/deliveries", { params: { query: { state: "dead", limit: 10 } }, signal })),
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
