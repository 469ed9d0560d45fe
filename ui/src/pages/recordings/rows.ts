import { useQueries, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { PAGE, type Recording, recordingPage } from "./queries";
import type { RecordingSearch } from "./search";

/** The rows of the list as far as they are here, and how many there are: only the pages that are looked at are asked. */
export function useRows(search: RecordingSearch, pages: number[]) {
  const first = useQuery(recordingPage(search, 0));
  const others = pages.filter((page) => page !== 0);
  const found = useQueries({ queries: others.map((page) => recordingPage(search, page)) });
  const last = found.find((one) => one.data !== undefined)?.data ?? first.data;
  const byPage = useMemo(() => {
    const rows = new Map<number, Recording[]>();
    if (first.data !== undefined) rows.set(0, first.data.sessions);
    others.forEach((page, at) => {
      const sessions = found[at]?.data?.sessions;
      if (sessions !== undefined) rows.set(page, sessions);
    });
    return rows;
  }, [first.data, found, others]);
  return {
    first,
    total: last?.total ?? 0,
    problem: found.find((one) => one.isError)?.error ?? null,
    retry: () => void Promise.all(found.filter((one) => one.isError).map((one) => one.refetch())),
    rowAt: (index: number): Recording | undefined => byPage.get(Math.floor(index / PAGE))?.[index % PAGE],
  };
}
