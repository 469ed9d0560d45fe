import type { LogPages } from "./log-pages";
import { plainOf } from "./sgr";

const MOST_HITS = 5_000;
// Fewer than are held: what is in view stays.
const PAGES_AT_ONCE = 32;

/** Fetches the text of pages from one on. */
export type Reads = (page: number, count?: number) => Promise<void>;

/** Looks for text in everything there is, page by page; goes on where it was when more has come. */
export class LogSearch {
  readonly hits: number[] = [];
  /** Lines before this one were looked at. */
  seen = 0;

  constructor(
    readonly wanted: string,
    private readonly pages: LogPages,
  ) {}

  get isFull(): boolean {
    return this.hits.length >= MOST_HITS;
  }

  /** Look at what has come since; `read` fetches the text of a page that is not held. */
  async on(read: Reads, signal: AbortSignal, progress: () => void): Promise<void> {
    const wanted = this.wanted.toLowerCase();
    for (let number = this.pages.pageOf(this.seen); number < this.pages.pageCount; number += 1) {
      if (signal.aborted || this.isFull) return;
      if (this.pages.linesOf(number) === undefined) {
        await read(number, PAGES_AT_ONCE);
        progress();
        if (signal.aborted) return;
      }
      const page = this.pages.page(number);
      if (page === undefined) continue;
      if (number < this.pages.pages.length && !this.pages.mayHold(number, wanted)) {
        this.seen = page.firstLine + page.lines;
        continue;
      }
      const lines = this.pages.linesOf(number) ?? [];
      const isOpen = number === this.pages.pages.length;
      for (const [place, line] of lines.entries()) {
        const at = page.firstLine + place;
        if (at < this.seen || this.isFull) continue;
        if (plainOf(line.text).toLowerCase().includes(wanted)) this.hits.push(at);
        // The last line may go on: it is looked at again.
        if (!isOpen || place < lines.length - 1) this.seen = at + 1;
        else if (this.hits.at(-1) === at) this.seen = at + 1;
      }
    }
  }
}

/** The hit after a line, or before it; at the ends it begins again. */
export function nextOf(places: readonly number[], line: number, direction: 1 | -1): number | undefined {
  if (places.length === 0) return undefined;
  if (direction === 1) return places.find((place) => place > line) ?? places[0];
  return places.findLast((place) => place < line) ?? places.at(-1);
}
