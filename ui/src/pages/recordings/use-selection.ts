import { useQueryClient } from "@tanstack/react-query";
import { useLocation, useNavigate } from "@tanstack/react-router";
import { useMemo, useRef } from "react";
import { sayProblem } from "~/parts/say";
import { fromHash, pagesOf, rowsBetween, toggled, toHash, withAll } from "~/parts/selection";
import { PAGE, recordingPage } from "./queries";
import type { RecordingSearch } from "./search";

export type Selection = ReturnType<typeof useSelection>;

/** The chosen recordings, as the address has them. */
export function useSelection(search: RecordingSearch) {
  const hash = useLocation({ select: (location) => location.hash });
  const chosen = useMemo(() => fromHash(hash), [hash]);
  const navigate = useNavigate();
  const queries = useQueryClient();
  const anchor = useRef<number | null>(null);
  const set = (next: ReadonlySet<string>, change: RecordingSearch = {}) =>
    void navigate({
      to: "/recordings",
      search: { ...search, ...change },
      hash: toHash(next),
      replace: true,
      resetScroll: false,
      hashScrollIntoView: false,
    });
  const toggle = (id: string, row: number) => {
    anchor.current = row;
    set(toggled(chosen, id));
  };
  /** From the row that was chosen last to this one, with those in between that are not on the page yet. */
  const extend = async (row: number) => {
    const { first, last } = rowsBetween(anchor.current ?? row, row);
    try {
      const pages = await Promise.all(
        pagesOf(first, last, PAGE).map(async (page) => ({
          page,
          rows: (await queries.ensureQueryData(recordingPage(search, page))).sessions,
        })),
      );
      const ids = pages.flatMap(({ page, rows }) =>
        rows.filter((_, at) => page * PAGE + at >= first && page * PAGE + at <= last).map((one) => one.session_id),
      );
      set(withAll(chosen, ids));
    } catch (error) {
      sayProblem(error);
    }
  };
  return { chosen, set, toggle, extend };
}
