import {
  type InfiniteData,
  infiniteQueryOptions,
  type QueryKey,
  type UseInfiniteQueryResult,
} from "@tanstack/react-query";
import { useLocation } from "@tanstack/react-router";
import { useEffect, useMemo } from "react";
import { number } from "~/app/search";
import { useUrl } from "./use-url";

/** As many as one answer of the hub holds. */
export const MOST = 200;
/** What is shown at first of lists that people read from the top. */
export const SOME = 50;
// A link may ask for as much as somebody looks through, not for everything there is.
const MOST_PARTS = 40;

type Part<One> = { items: One[]; total: number; offset: number };

/** A list in parts, each asked for when somebody wants to see more. */
export function inParts<One, Answer extends Part<One>>(
  queryKey: QueryKey,
  ask: (query: { limit: number; offset: number }, signal: AbortSignal) => Promise<Answer>,
  limit = SOME,
) {
  return infiniteQueryOptions({
    queryKey,
    initialPageParam: 0,
    queryFn: ({ signal, pageParam }) => ask({ limit, offset: pageParam }, signal),
    getNextPageParam: after,
  });
}

/** All of a list that is drawn as a whole, asked for part by part. */
export async function whole<One>(
  ask: (query: { limit: number; offset: number }) => Promise<{ items: One[]; total: number }>,
): Promise<{ items: One[]; total: number }> {
  const items: One[] = [];
  for (;;) {
    const part = await ask({ limit: MOST, offset: items.length });
    items.push(...part.items);
    const isCut = items.length >= MOST * MOST_PARTS;
    if (part.items.length === 0 || items.length >= part.total || isCut) return { items, total: part.total };
  }
}

/** The place of the part after this one; undefined at the end. */
export function after(part: { offset: number; items: readonly unknown[]; total: number }): number | undefined {
  const next = part.offset + part.items.length;
  return part.items.length > 0 && next < part.total ? next : undefined;
}

/** How many parts are shown, of what the URL says. */
export function partsWanted(said: unknown): number {
  return Math.min(MOST_PARTS, Math.max(1, Math.floor(number(said) ?? 1)));
}

/** What is shown of a list, and the way to more of it. */
export type Listed<One> = More & Answered<One>;
type Answered<One> = { data: { items: One[] } | undefined; isError: boolean; error: unknown; refetch: () => unknown };
export type More = { hasMore: boolean; isAsking: boolean; showMore: () => void };

/**
 * What is shown of a list in parts: as many as the URL says under `name`, so that a link shows as much, and whoever
 * comes back finds their place. What else came along meanwhile waits until it is wanted.
 */
export function useShown<Of extends { items: readonly unknown[] }>(
  found: UseInfiniteQueryResult<InfiniteData<Of>>,
  name = "shown",
) {
  const url = useUrl();
  const wanted = useLocation({ select: ({ search }) => partsWanted((search as Record<string, unknown>)[name]) });
  const { data, hasNextPage, isFetching, isError, fetchNextPage } = found;
  const there = data?.pages.length ?? 0;
  useEffect(() => {
    if (there > 0 && there < wanted && hasNextPage && !isFetching && !isError) void fetchNextPage();
  }, [there, wanted, hasNextPage, isFetching, isError, fetchNextPage]);
  const parts = data?.pages.slice(0, wanted);
  const [first] = parts ?? [];
  return {
    data:
      parts === undefined || first === undefined
        ? undefined
        : { items: parts.flatMap((part) => part.items as Of["items"][number][]), first },
    isError,
    error: found.error,
    refetch: found.refetch,
    hasMore: hasNextPage || there > wanted,
    isAsking: found.isFetchingNextPage,
    // Asked for again after a failure, too.
    showMore: () => {
      url({ [name]: Math.min(there, wanted) + 1 });
      if (isError) void fetchNextPage();
    },
  };
}

/** All of a list that people choose from, part by part. */
export function useEverything<Of extends { items: readonly unknown[] }>(
  found: UseInfiniteQueryResult<InfiniteData<Of>>,
): Answered<Of["items"][number]> {
  const { data, hasNextPage, isFetching, isError, error, fetchNextPage, refetch } = found;
  useEffect(() => {
    if (hasNextPage && !isFetching && !isError) void fetchNextPage();
  }, [hasNextPage, isFetching, isError, fetchNextPage]);
  const items = useMemo(() => data?.pages.flatMap((part) => part.items as Of["items"][number][]), [data]);
  return { data: items && { items }, isError, error, refetch };
}
