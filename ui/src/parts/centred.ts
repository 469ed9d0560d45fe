/**
 * Brings what is present of a line that does not fit into its middle. `scrollIntoView` would have the browser go on
 * from there by Tab, past everything above.
 */
export function centre(line: Element | null | undefined, present: Element | null | undefined): void {
  if (!line || !present) return;
  const room = line.getBoundingClientRect();
  const shown = present.getBoundingClientRect();
  line.scrollLeft += shown.left + shown.width / 2 - (room.left + room.width / 2);
}
