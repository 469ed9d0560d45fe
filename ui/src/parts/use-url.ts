import { useNavigate, useRouter } from "@tanstack/react-router";
import { useCallback } from "react";
import { trailOf } from "./trail";

export type Change = Record<string, unknown>;

/**
 * What opens something takes a step in the browser's history, so that Back closes it; what closes it goes that step back
 * where nothing else has changed meanwhile, and leaves none behind. Everything else only refines what is seen.
 */
export type Step = "opens" | "closes";

/** Changes what the URL of this page holds beside what else it holds; undefined takes it out. */
export function useUrl(): (change: Change, step?: Step) => void {
  const navigate = useNavigate();
  const router = useRouter();
  return useCallback(
    (change, step) => {
      const search = ((old: Change) => ({ ...old, ...change })) as never;
      const changed = { to: ".", search, hash: true } as const;
      if (step === "closes" && trailOf(router.history).wentBackTo(router.buildLocation(changed).href)) return;
      void navigate({ ...changed, replace: step !== "opens", resetScroll: false, hashScrollIntoView: false });
    },
    [navigate, router],
  );
}
