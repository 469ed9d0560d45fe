const OPEN = ".mantine-Modal-content, .mantine-Drawer-content";
const CLOSE = ".mantine-Modal-close, .mantine-Drawer-close, [data-close]";

/**
 * Escape closes what is open on top, and leaves what lies below: by themselves all dialogs and drawers would go at once.
 * To be called before any of them listens.
 */
export function closeOneAtATime(): void {
  window.addEventListener(
    "keydown",
    (event) => {
      if (event.key !== "Escape" || event.isComposing) return;
      // An open list of choices takes it first.
      if (event.target instanceof Element && event.target.getAttribute("data-mantine-stop-propagation") === "true")
        return;
      const open = document.querySelectorAll(OPEN);
      if (open.length < 2) return;
      event.stopImmediatePropagation();
      open[open.length - 1]?.querySelector<HTMLElement>(CLOSE)?.click();
    },
    { capture: true },
  );
}
