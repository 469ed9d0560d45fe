import type { RouterHistory } from "@tanstack/react-router";

/** What the entries of this tab's history showed, by their place in it; what was there before this page is not known. */
export class Trail {
  private readonly shown = new Map<number, string>();
  // Browsers go back in their own time: who asks twice meanwhile does not mean two steps.
  private isGoing = false;

  constructor(private readonly history: RouterHistory) {
    this.note();
    history.subscribe(() => this.note());
  }

  private note(): void {
    const { href, state } = this.history.location;
    this.shown.set(state.__TSR_index, href);
    this.isGoing = false;
  }

  /** Goes back when the entry below shows just this, and says whether it did. */
  wentBackTo(href: string): boolean {
    const below = this.shown.get(this.history.location.state.__TSR_index - 1);
    if (below !== href) return false;
    if (!this.isGoing) {
      this.isGoing = true;
      this.history.back();
    }
    return true;
  }
}

const trails = new WeakMap<RouterHistory, Trail>();

/** The trail of a history; kept from when the pages are made. */
export function trailOf(history: RouterHistory): Trail {
  const known = trails.get(history) ?? new Trail(history);
  trails.set(history, known);
  return known;
}
