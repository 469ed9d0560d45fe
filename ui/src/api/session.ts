import { queryOptions, useQuery } from "@tanstack/react-query";
import { answered, api, type Model } from "./client";

export type WhoAmI = Model<"WhoAmI">;

/** Who this browser is signed in as; null when nobody is. A hub without credentials is open for reading then. */
export const whoAmI = queryOptions({
  queryKey: ["who-am-i"],
  staleTime: 60_000,
  queryFn: async ({ signal }): Promise<WhoAmI | null> => {
    const { data, error, response } = await api.GET("/api/v1/auth/session", { signal });
    if (response.status === 204) return null;
    return answered(Promise.resolve({ data, error, response }));
  },
});

/** The signed-in person, null for nobody, undefined while that is asked. */
export function useWhoAmI(): WhoAmI | null | undefined {
  return useQuery(whoAmI).data;
}
