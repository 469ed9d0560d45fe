import { useHotkeys } from "@mantine/hooks";

// A tick or a choice takes no letters: whoever has just narrowed a list goes on through it.
const WRITES =
  "input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable], [role=listbox], [role=menu]";

/** The keys of a page, single letters among them: they wait while somebody writes, or something is open above the page. */
export function usePageKeys(keys: [key: string, act: () => void][]): void {
  const meant = (act: () => void) => (event: KeyboardEvent) => {
    if (event.target instanceof Element && event.target.closest(WRITES) !== null) return;
    if (document.querySelector("[role=dialog]") !== null) return;
    event.preventDefault();
    act();
  };
  useHotkeys(
    keys.map(([key, act]) => [key, meant(act), { preventDefault: false }]),
    [],
  );
}
