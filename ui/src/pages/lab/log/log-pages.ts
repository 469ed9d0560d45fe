import { saysFailure } from "./failures";
import { type Cut, cutLines, joined, textOf } from "./lines";
import { Runs, type Stream } from "./runs";
import { PLAIN, plainOf, type Style, styleAfter } from "./sgr";

/** Bytes of one stream as they came; `offset` counts all bytes of the command. */
export type Frame = { offset: number; stream: Stream; bytes: Uint8Array; at?: string };

export type Line = { text: string; stream: Stream };

/** Where some hundred lines stand in the output; their text is held only while it is looked at. */
export type LogPage = {
  offset: number;
  size: number;
  firstLine: number;
  lines: number;
  style: Style;
  /** When its first bytes were written. */
  at: string | undefined;
  /** Bytes that the hub dropped before it. */
  dropped: number;
};

export const PAGE_LINES = 256;
export const PAGE_BYTES = 256 << 10;
const HELD_PAGES = 96;
const MOST_FAILURES = 10_000;

/**
 * The output of one command: an index of pages that grows as bytes come, and the text of the pages looked at last.
 * A million lines take a few thousand small entries and at most 96 pages of text.
 */
export class LogPages {
  readonly pages: LogPage[] = [];
  /** Lines in which something seems to have failed. */
  readonly failures: number[] = [];
  /** Where the next byte will be. */
  end = 0;
  private readonly runs = new Runs();
  private readonly held = new Map<number, Uint8Array>();
  private parts: Uint8Array[] = [];
  private open: LogPage = emptyPage(0, 0, PLAIN, 0, undefined);
  private openBytes: Uint8Array = new Uint8Array();
  private openCuts: Cut[] | null = [];

  /** Lines so far; an unfinished last one counts. */
  get lineCount(): number {
    return this.open.firstLine + this.cutsOfOpen().length;
  }

  get pageCount(): number {
    return this.pages.length + 1;
  }

  /** Take what came; what was seen before is left out, what is missing is noted. */
  feed(frame: Frame): void {
    const known = this.end - frame.offset;
    if (known >= frame.bytes.length && frame.bytes.length > 0) return;
    if (known < 0) this.skip(frame.offset, frame.at);
    const bytes = known > 0 ? frame.bytes.subarray(known) : frame.bytes;
    if (bytes.length === 0) return;
    this.runs.note(this.end, frame.stream);
    if (this.open.size === 0) this.open.at = frame.at;
    this.parts.push(bytes);
    this.open.size += bytes.length;
    this.end += bytes.length;
    this.openCuts = null;
    if (this.open.size >= PAGE_BYTES || this.newlines(bytes) >= PAGE_LINES) this.close();
  }

  page(number: number): LogPage | undefined {
    return number === this.pages.length ? this.openPage() : this.pages[number];
  }

  /** The number of the page that holds a line. */
  pageOf(line: number): number {
    let low = 0;
    let high = this.pages.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const page = this.pages[middle] as LogPage;
      if (page.firstLine + page.lines <= line) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The lines of a page, or undefined while its text is not held. */
  linesOf(number: number): Line[] | undefined {
    if (number === this.pages.length) return this.asLines(this.open, this.bytesOfOpen(), this.cutsOfOpen());
    const page = this.pages[number];
    const bytes = this.held.get(number);
    if (page === undefined || bytes === undefined) return undefined;
    this.held.delete(number);
    this.held.set(number, bytes);
    return this.asLines(page, bytes, allCuts(bytes));
  }

  /** Finished pages from one on whose text is not held and whose bytes follow each other, so many bytes at most. */
  following(first: number, count: number, mostBytes: number): LogPage[] {
    const found: LogPage[] = [];
    let bytes = 0;
    for (let number = first; number < Math.min(first + count, this.pages.length); number += 1) {
      const page = this.pages[number] as LogPage;
      const isApart = found.length > 0 && (page.dropped > 0 || bytes + page.size > mostBytes);
      if (isApart || this.held.has(number)) break;
      found.push(page);
      bytes += page.size;
    }
    return found;
  }

  /** False where a page that is held surely has no line with this text, in small letters. */
  mayHold(number: number, wanted: string): boolean {
    const bytes = this.held.get(number);
    if (bytes === undefined) return true;
    const text = textOf(bytes, { start: 0, end: bytes.length });
    // Colours stand between letters: only a look at each line tells then.
    return text.includes("\x1b") || text.toLowerCase().includes(wanted);
  }

  /** Text of a page that was fetched again. */
  keep(number: number, bytes: Uint8Array): void {
    this.held.delete(number);
    this.held.set(number, bytes);
    for (const oldest of this.held.keys()) {
      if (this.held.size <= HELD_PAGES) break;
      this.held.delete(oldest);
    }
  }

  /** The failures known now, those in the unfinished page included. */
  allFailures(): number[] {
    return this.failures.length >= MOST_FAILURES ? this.failures : [...this.failures, ...this.failuresOfOpen()];
  }

  private skip(offset: number, at: string | undefined): void {
    if (this.open.size > 0) this.finish(this.open.size, allCuts(this.bytesOfOpen()));
    this.open = emptyPage(offset, this.open.firstLine, PLAIN, offset - this.end, at);
    this.end = offset;
    this.forget();
  }

  private openNewlines = 0;

  private newlines(bytes: Uint8Array): number {
    let place = bytes.indexOf(10);
    while (place >= 0) {
      this.openNewlines += 1;
      place = bytes.indexOf(10, place + 1);
    }
    return this.openNewlines;
  }

  /** Finish pages from what is open, as many as are full. */
  private close(): void {
    const bytes = this.bytesOfOpen();
    const { cuts } = cutLines(bytes);
    let begin = 0;
    let start = 0;
    for (let place = 0; place < cuts.length; place += 1) {
      const { end } = cuts[place] as Cut;
      if (place + 1 - begin < PAGE_LINES && end - start < PAGE_BYTES) continue;
      this.finish(end - start, relative(cuts.slice(begin, place + 1), start), bytes.slice(start, end));
      start = end;
      begin = place + 1;
    }
    const rest = bytes.slice(start);
    this.forget();
    this.parts = rest.length === 0 ? [] : [rest];
    this.open.size = rest.length;
    this.newlines(rest);
    this.openCuts = null;
  }

  private finish(size: number, cuts: Cut[], bytes = this.bytesOfOpen()): void {
    const page = { ...this.open, size, lines: cuts.length };
    const number = this.pages.length;
    this.pages.push(page);
    this.keep(number, bytes);
    let style = page.style;
    for (const [place, cut] of cuts.entries()) {
      const text = textOf(bytes, cut);
      style = styleAfter(text, style);
      if (this.failures.length < MOST_FAILURES && saysFailure(plainOf(text))) {
        this.failures.push(page.firstLine + place);
      }
    }
    this.open = emptyPage(page.offset + size, page.firstLine + page.lines, style, 0, page.at);
  }

  private forget(): void {
    this.parts = [];
    this.openBytes = new Uint8Array();
    this.openCuts = [];
    this.openNewlines = 0;
  }

  private openPage(): LogPage {
    this.open.lines = this.cutsOfOpen().length;
    return this.open;
  }

  private bytesOfOpen(): Uint8Array {
    if (this.openBytes.length !== this.open.size) this.openBytes = joined(this.parts);
    if (this.parts.length > 1) this.parts = [this.openBytes];
    return this.openBytes;
  }

  private cutsOfOpen(): Cut[] {
    this.openCuts ??= allCuts(this.bytesOfOpen());
    return this.openCuts;
  }

  private failuresOfOpen(): number[] {
    const bytes = this.bytesOfOpen();
    const found: number[] = [];
    for (const [place, cut] of this.cutsOfOpen().entries()) {
      if (saysFailure(plainOf(textOf(bytes, cut)))) found.push(this.open.firstLine + place);
    }
    return found;
  }

  private asLines(page: LogPage, bytes: Uint8Array, cuts: Cut[]): Line[] {
    return cuts.map((cut) => ({ text: textOf(bytes, cut), stream: this.runs.at(page.offset + cut.start) }));
  }
}

function emptyPage(offset: number, firstLine: number, style: Style, dropped: number, at: string | undefined): LogPage {
  return { offset, size: 0, firstLine, lines: 0, style, dropped, at };
}

/** Every line of some bytes, the unfinished last one too. */
function allCuts(bytes: Uint8Array): Cut[] {
  const { cuts, rest } = cutLines(bytes);
  return rest < bytes.length ? [...cuts, { start: rest, end: bytes.length }] : cuts;
}

function relative(cuts: Cut[], start: number): Cut[] {
  return cuts.map((cut) => ({ start: cut.start - start, end: cut.end - start }));
}
