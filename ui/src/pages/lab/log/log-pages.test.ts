import { expect, test } from "vitest";
import { MOST_LINE_BYTES } from "./lines";
import { type Line, LogPages, PAGE_LINES } from "./log-pages";

const encoder = new TextEncoder();

function feed(pages: LogPages, text: string, stream: "stdout" | "stderr" = "stdout"): void {
  pages.feed({ offset: pages.end, stream, bytes: encoder.encode(text) });
}

function everything(pages: LogPages, reread?: Uint8Array): Line[] {
  const lines: Line[] = [];
  for (let number = 0; number < pages.pageCount; number += 1) {
    const page = pages.page(number);
    if (page !== undefined && pages.linesOf(number) === undefined && reread !== undefined) {
      pages.keep(number, reread.slice(page.offset, page.offset + page.size));
    }
    lines.push(...(pages.linesOf(number) ?? []));
  }
  return lines;
}

test("lines are the same however the bytes were cut on their way", () => {
  const text = Array.from({ length: 900 }, (_, n) => `line ${n} – ${"x".repeat(n % 40)}`).join("\n");
  const bytes = encoder.encode(text);
  for (const step of [1, 7, 1_000, bytes.length]) {
    const pages = new LogPages();
    for (let at = 0; at < bytes.length; at += step) {
      pages.feed({ offset: at, stream: "stdout", bytes: bytes.slice(at, at + step) });
    }
    expect(pages.lineCount).toBe(900);
    expect(everything(pages).map((line) => line.text)).toEqual(text.split("\n"));
    expect(pages.pages.every((page) => page.lines <= PAGE_LINES)).toBe(true);
  }
});

test("an unfinished line is shown, and goes on", () => {
  const pages = new LogPages();
  feed(pages, "one\ntw");
  expect(everything(pages).map((line) => line.text)).toEqual(["one", "tw"]);
  feed(pages, "o\n");
  expect(everything(pages).map((line) => line.text)).toEqual(["one", "two"]);
  expect(pages.lineCount).toBe(2);
});

test("each line knows its stream", () => {
  const pages = new LogPages();
  feed(pages, "out\n");
  feed(pages, "err\n", "stderr");
  feed(pages, "out again\n");
  expect(everything(pages).map((line) => line.stream)).toEqual(["stdout", "stderr", "stdout"]);
});

test("what comes twice is shown once, and what was dropped is known", () => {
  const pages = new LogPages();
  feed(pages, "one\ntwo\n");
  pages.feed({ offset: 4, stream: "stdout", bytes: encoder.encode("two\nthree\n") });
  expect(everything(pages).map((line) => line.text)).toEqual(["one", "two", "three"]);
  pages.feed({ offset: 1_000, stream: "stdout", bytes: encoder.encode("the end\n") });
  expect(everything(pages).map((line) => line.text)).toEqual(["one", "two", "three", "the end"]);
  expect(pages.page(1)).toMatchObject({ offset: 1_000, firstLine: 3, dropped: 986 });
  expect(pages.end).toBe(1_008);
});

test("a page that begins in colour knows it", () => {
  const pages = new LogPages();
  feed(pages, "\x1b[31mred\n");
  feed(pages, "still\n".repeat(PAGE_LINES));
  expect(pages.page(1)?.style).toEqual({ colour: 1 });
});

test("lines that say failure are found, in finished pages and in the last", () => {
  const pages = new LogPages();
  feed(pages, `fine\n\x1b[31mFAILED\x1b[0m one\n${"fine\n".repeat(600)}ValueError: late\n`);
  expect(pages.allFailures()).toEqual([1, 602]);
});

test("a line longer than anybody reads is cut between characters", () => {
  const pages = new LogPages();
  feed(pages, `${"é".repeat(MOST_LINE_BYTES)}\nend\n`);
  const lines = everything(pages).map((line) => line.text);
  expect(lines.length).toBeGreaterThan(2);
  expect(lines.slice(0, -1).join("")).toBe("é".repeat(MOST_LINE_BYTES));
  expect(lines.at(-1)).toBe("end");
});

test("a million lines hold little, and pages let go can be read again", () => {
  const pages = new LogPages();
  const chunk = encoder.encode(Array.from({ length: 10_000 }, (_, n) => `line ${n}\n`).join(""));
  for (let part = 0; part < 100; part += 1) pages.feed({ offset: pages.end, stream: "stdout", bytes: chunk });
  expect(pages.lineCount).toBe(1_000_000);
  const held = pages.pages.filter((_, number) => pages.linesOf(number) !== undefined).length;
  expect(held).toBeLessThanOrEqual(96);
  const number = pages.pageOf(123_456);
  const page = pages.page(number);
  expect(pages.linesOf(number)).toBeUndefined();
  if (page === undefined) throw new Error("no page");
  const begin = page.offset % chunk.length;
  pages.keep(number, new Uint8Array([...chunk, ...chunk]).slice(begin, begin + page.size));
  expect(pages.linesOf(number)?.[123_456 - page.firstLine]?.text).toBe("line 3456");
});

test("pages are read together only where their bytes follow each other", () => {
  const pages = new LogPages();
  feed(pages, "x\n".repeat(PAGE_LINES * 100));
  pages.feed({ offset: pages.end + 500, stream: "stdout", bytes: encoder.encode("y\n".repeat(PAGE_LINES * 120)) });
  expect(pages.following(0, 32, 1 << 20)).toHaveLength(32);
  expect(pages.following(90, 32, 1 << 20)).toHaveLength(10);
  expect(pages.following(0, 32, 1_500)).toHaveLength(2);
  expect(pages.following(215, 32, 1 << 20)).toHaveLength(0);
});
