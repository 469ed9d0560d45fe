import { useLocation, useNavigate } from "@tanstack/react-router";
import { useCallback } from "react";
import { text } from "~/app/search";

/**
 * Something of the shell that the URL holds beside what the page holds there: whoever goes to another page leaves it
 * behind. Undefined when it is not there.
 */
export function useInUrl(name: string): [string | undefined, (value: string | undefined) => void] {
  const navigate = useNavigate();
  const value: unknown = useLocation({
    select: (location) => (location.search as Record<string, unknown>)[name] as string,
  });
  const set = useCallback(
    (next: string | undefined) =>
      void navigate({
        to: ".",
        search: ((before: Record<string, unknown>) => ({ ...before, [name]: next })) as never,
        hash: true,
        replace: true,
        resetScroll: false,
        hashScrollIntoView: false,
      }),
    [navigate, name],
  );
  return [value === "" ? "" : text(value), set];
}
