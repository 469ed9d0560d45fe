import { useNavigate } from "@tanstack/react-router";
import { useCallback } from "react";

type Change = Record<string, unknown>;

/** Changes what the URL of this page holds; undefined takes it out. What opens something can be gone back from. */
export function useUrl(): (change: Change, opens?: "opens") => void {
  const navigate = useNavigate();
  return useCallback(
    (change, opens) => {
      const search = (old: Change) => ({ ...old, ...change });
      void navigate({ to: ".", search: search as never, replace: opens === undefined, resetScroll: false });
    },
    [navigate],
  );
}
