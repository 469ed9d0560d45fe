import { QueryClient } from "@tanstack/react-query";
import { asProblem } from "~/api/client";

/** Answers are kept current by events (`streams/`), so that nothing is asked again merely because time passes. */
export function createQueries(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 30_000,
        retry: (failures, error) => {
          const { status } = asProblem(error);
          return failures < 2 && (status === 0 || status === 429 || status >= 500);
        },
        refetchOnWindowFocus: false,
      },
      mutations: { retry: false },
    },
  });
}
