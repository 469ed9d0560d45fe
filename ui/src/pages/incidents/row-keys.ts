import { type RefObject, useRef } from "react";
import { usePageKeys } from "~/parts/use-page-keys";

/**
 * j and k go through the rows of a list: the link of each is focused, so that Enter opens it. x chooses the row that the
 * focus is in.
 */
export function useRowKeys<Element extends HTMLElement>(choose?: (row: string) => void): RefObject<Element | null> {
  const list = useRef<Element>(null);
  const step = (by: number) => {
    const links = [...(list.current?.querySelectorAll<HTMLElement>("[data-row]") ?? [])];
    const at = links.findIndex((link) => link === document.activeElement || link.contains(document.activeElement));
    const next = links[at === -1 ? (by > 0 ? 0 : links.length - 1) : Math.min(links.length - 1, Math.max(0, at + by))];
    next?.focus();
    next?.scrollIntoView({ block: "nearest" });
  };
  usePageKeys([
    ["j", () => step(1)],
    ["k", () => step(-1)],
    [
      "x",
      () => {
        const row = document.activeElement?.closest("tr")?.querySelector<HTMLElement>("[data-row]")?.dataset.row;
        if (row !== undefined) choose?.(row);
      },
    ],
  ]);
  return list;
}
