import { useLocation } from "@tanstack/react-router";
import { text } from "~/app/search";
import { type Change, type Step, useUrl } from "./use-url";

/**
 * Something of the shell that the URL holds beside what the page holds there: whoever goes to another page leaves it
 * behind. Undefined when it is not there.
 */
export function useInUrl(name: string): [string | undefined, (value: string | undefined, step?: Step) => void] {
  const url = useUrl();
  const value: unknown = useLocation({ select: ({ search }) => (search as Change)[name] as string });
  return [value === "" ? "" : text(value), (next, step) => url({ [name]: next }, step)];
}
