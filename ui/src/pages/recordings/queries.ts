import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { answered, api, type Model } from "~/api/client";
import { type Filters, filtersOf, queryOf, type RecordingSearch } from "./search";

export type Recording = Model<"Recording">;

/** As many as the API gives at once. */
export const PAGE = 200;

export function recordingPage(search: RecordingSearch, page: number) {
  const filters = filtersOf(search);
  const { sort, order } = search;
  return queryOptions({
    queryKey: ["recordings", "list", filters, { sort, order }, page],
    // Pages that were scrolled past need not be kept for long: a hundred thousand rows are five hundred pages.
    gcTime: 60_000,
    queryFn: ({ signal }) =>
      answered(
        api.GET("/api/sessions", {
          params: { query: { ...queryOf(filters), sort, order, limit: PAGE, offset: page * PAGE } },
          signal,
        }),
      ),
  });
}

export function facets(filters: Filters) {
  return queryOptions({
    // Not of the area of recordings: to count a hundred thousand rows again for each that comes would be too much.
    queryKey: ["recording-facets", filters],
    staleTime: 15_000,
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) =>
      answered(api.GET("/api/v1/recordings/facets", { params: { query: queryOf(filters) }, signal })),
  });
}
