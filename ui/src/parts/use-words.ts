import { useDebouncedCallback } from "@mantine/hooks";
import { useEffect, useState } from "react";

const SETTLED_MS = 250;

/**
 * Words that are typed here and kept in the URL: it is told of them when somebody pauses, and what it says otherwise is
 * taken over, as when they went back.
 */
export function useWords(
  kept: string | undefined,
  keep: (words: string | undefined) => void,
): [typed: string, type: (words: string) => void] {
  const [typed, setTyped] = useState(kept ?? "");
  const told = useDebouncedCallback((words: string) => keep(words.trim() || undefined), SETTLED_MS);
  useEffect(() => setTyped((now) => (now.trim() === (kept ?? "") ? now : (kept ?? ""))), [kept]);
  return [
    typed,
    (words) => {
      setTyped(words);
      told(words);
    },
  ];
}
