/** What was chosen of a list, in the order in which it was chosen. */

/** The API deletes at most so many recordings at once, and nobody looks through more of anything. */
export const MOST_CHOSEN = 500;

// Ids hold no commas.
const BETWEEN = ",";

/** The choice as the part of the address behind `#`: it is kept with the address, and no server ever sees it. */
export function toHash(chosen: ReadonlySet<string>): string {
  return [...chosen].join(BETWEEN);
}

export function fromHash(hash: string): ReadonlySet<string> {
  const ids = hash.replace(/^#/, "").split(BETWEEN);
  return new Set(ids.filter((id) => /^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$/.test(id)).slice(0, MOST_CHOSEN));
}

export function toggled(chosen: ReadonlySet<string>, id: string): ReadonlySet<string> {
  const next = new Set(chosen);
  if (!next.delete(id) && next.size < MOST_CHOSEN) next.add(id);
  return next;
}

export function withAll(chosen: ReadonlySet<string>, ids: Iterable<string>): ReadonlySet<string> {
  const next = new Set(chosen);
  for (const id of ids) {
    if (next.size >= MOST_CHOSEN) break;
    next.add(id);
  }
  return next;
}

export function without(chosen: ReadonlySet<string>, ids: Iterable<string>): ReadonlySet<string> {
  const next = new Set(chosen);
  for (const id of ids) next.delete(id);
  return next;
}

/** The rows from one to another, whichever is above, cut to as many as can be chosen. */
export function rowsBetween(anchor: number, row: number): { first: number; last: number } {
  const [first, last] = anchor <= row ? [anchor, row] : [row, anchor];
  return anchor <= row
    ? { first, last: Math.min(last, first + MOST_CHOSEN - 1) }
    : { first: Math.max(first, last - MOST_CHOSEN + 1), last };
}

/** The pages that hold these rows. */
export function pagesOf(first: number, last: number, size: number): number[] {
  const from = Math.floor(first / size);
  return Array.from({ length: Math.floor(last / size) - from + 1 }, (_, at) => from + at);
}
