import { expect, test } from "vitest";
import { LogPages } from "./log-pages";
import { LogSearch, nextOf } from "./log-search";

const encoder = new TextEncoder();
const never = new AbortController().signal;
const nothing = () => undefined;

function feed(pages: LogPages, text: string): void {
  pages.feed({ offset: pages.end, stream: "stdout", bytes: encoder.encode(text) });
}

test("a search finds lines whatever their colours and letters, and goes on with what comes", async () => {
  const pages = new LogPages();
  feed(pages, "one\nsp\x1b[31meed\x1b[0m 9\nSPEED 10\n");
  const search = new LogSearch("speed", pages);
  await search.on(async () => undefined, never, nothing);
  expect(search.hits).toEqual([1, 2]);
  feed(pages, "more sp");
  await search.on(async () => undefined, never, nothing);
  feed(pages, "eed\nend\n");
  await search.on(async () => undefined, never, nothing);
  expect(search.hits).toEqual([1, 2, 3]);
});

test("pages whose text was let go are read again", async () => {
  const pages = new LogPages();
  const text = Array.from({ length: 256 * 160 }, (_, line) => `line ${line}\n`).join("");
  const bytes = encoder.encode(text);
  pages.feed({ offset: 0, stream: "stdout", bytes });
  let reads = 0;
  const search = new LogSearch("line 25", pages);
  const read = async (number: number) => {
    const page = pages.page(number);
    if (page === undefined) return;
    reads += 1;
    pages.keep(number, bytes.slice(page.offset, page.offset + page.size));
  };
  await search.on(read, never, nothing);
  expect(search.hits.slice(0, 3)).toEqual([25, 250, 251]);
  expect(reads).toBeGreaterThan(0);
});

test("the next hit after the last is the first, and back", () => {
  expect(nextOf([3, 7], 3, 1)).toBe(7);
  expect(nextOf([3, 7], 7, 1)).toBe(3);
  expect(nextOf([3, 7], 3, -1)).toBe(7);
  expect(nextOf([], 3, 1)).toBeUndefined();
});
