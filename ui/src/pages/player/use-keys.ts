import { useEffect, useRef } from "react";
import { pressed, type Wish } from "./model/keys";
import type { Player } from "./model/player";

const TYPED_INTO = "input, textarea, select, [contenteditable], [role=dialog], [role=menu], [role=listbox]";
const PRESSED = "button, a, [role=button], [role=menuitem]";

/** The keys of the page, unless somebody types or presses something else with them. */
export function useKeys(player: Player, onWish: (wish: Wish) => void): void {
  const latest = useRef(onWish);
  latest.current = onWish;
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      const { target } = event;
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
      if (target instanceof Element && target.closest(TYPED_INTO) !== null) return;
      if (event.key === " " && target instanceof Element && target.closest(PRESSED) !== null) return;
      // Under an open dialog the page stands still, wherever the focus is.
      if (document.querySelector("[role=dialog]") !== null) return;
      const outcome = pressed(player, event);
      if (outcome === null) return;
      event.preventDefault();
      if (outcome !== "done") latest.current(outcome);
    };
    document.addEventListener("keydown", press);
    return () => document.removeEventListener("keydown", press);
  }, [player]);
}
