import { useLocation, useNavigate } from "@tanstack/react-router";
import { useMemo } from "react";
import { fromHash, toggled, toHash } from "~/parts/selection";
import type { IncidentListSearch } from "../search";

export type Chosen = ReturnType<typeof useChosen>;

/** The chosen incidents, as the address has them. */
export function useChosen(search: IncidentListSearch) {
  const hash = useLocation({ select: (location) => location.hash });
  const ids = useMemo(() => fromHash(hash), [hash]);
  const navigate = useNavigate();
  const set = (next: ReadonlySet<string>) =>
    void navigate({
      to: "/incidents",
      search,
      hash: toHash(next),
      replace: true,
      resetScroll: false,
      hashScrollIntoView: false,
    });
  return { ids, set, toggle: (id: string) => set(toggled(ids, id)) };
}
