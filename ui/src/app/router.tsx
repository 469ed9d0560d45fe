import type { QueryClient } from "@tanstack/react-query";
import { createRouter } from "@tanstack/react-router";
import { trailOf } from "~/parts/trail";
import { routeTree } from "~/route-tree.gen";
import { NotFound } from "./not-found";
import { keepTheDocument, PageFailure } from "./unfetched";

export function createPages(queries: QueryClient) {
  const router = createRouter({
    routeTree,
    context: { queries },
    defaultPreload: "intent",
    defaultPreloadStaleTime: 0,
    scrollRestoration: true,
    defaultNotFoundComponent: NotFound,
    defaultErrorComponent: PageFailure,
  });
  trailOf(router.history);
  keepTheDocument();
  return router;
}

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof createPages>;
  }
}
