import type { QueryClient } from "@tanstack/react-query";
import { createRootRouteWithContext, Outlet, useLocation } from "@tanstack/react-router";
import { Shell } from "~/app/shell";

export const Route = createRootRouteWithContext<{ queries: QueryClient }>()({ component: Root });

function Root() {
  const isLogin = useLocation({ select: (location) => location.pathname === "/login" });
  return isLogin ? <Outlet /> : <Shell />;
}
