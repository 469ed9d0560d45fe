import { useCallback, useEffect, useSyncExternalStore } from "react";
import type { Outcome } from "./each";

const kept = new Map<string, Outcome[]>();
const listeners = new Set<() => void>();

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function tell(name: string, outcomes: Outcome[]): void {
  kept.set(name, outcomes);
  for (const listener of listeners) listener();
}

/**
 * How it goes with each of many, kept under the name of what is done to them: whoever closes the dialog finds it again
 * as long as it goes on.
 */
export function useOutcomes(name: string): [Outcome[] | null, (outcomes: Outcome[]) => void] {
  const outcomes = useSyncExternalStore(subscribe, () => kept.get(name) ?? null);
  useEffect(() => {
    const forget = () => {
      if (kept.get(name)?.every((one) => one.state !== "waiting")) kept.delete(name);
    };
    forget();
    return forget;
  }, [name]);
  return [outcomes, useCallback((told: Outcome[]) => tell(name, told), [name])];
}
