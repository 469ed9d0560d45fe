import { MutationCache, QueryCache, QueryClient } from "@tanstack/react-query";
import { asProblem } from "~/api/client";
import { whoAmI } from "~/api/session";

/** Answers are kept current by events (`streams/`), so that nothing is asked again merely because time passes. */
export function createQueries(): QueryClient {
  // A sign-in ends elsewhere too: by time, by another browser, by whoever took the right away.
  const askWhoThisIs = (error: unknown) => {
    const isOver = asProblem(error).status === 401 && client.getQueryData(whoAmI.queryKey) != null;
    if (isOver) void client.invalidateQueries({ queryKey: whoAmI.queryKey });
  };
  const client: QueryClient = new QueryClient({
    queryCache: new QueryCache({
      onError: (error, query) => {
        if (query.queryKey[0] !== whoAmI.queryKey[0]) askWhoThisIs(error);
      },
    }),
    mutationCache: new MutationCache({ onError: askWhoThisIs }),
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
  return client;
}
