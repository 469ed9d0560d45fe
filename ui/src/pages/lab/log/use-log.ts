import { useEffect, useMemo, useRef, useState, useSyncExternalStore } from "react";
import { ask } from "~/api/client";
import { LogFeed } from "./log-feed";
import { LogSearch, type Reads } from "./log-search";

export type Log = { feed: LogFeed; version: number; read: Reads };

/** The output of a command, followed for as long as it is looked at. */
export function useLog(sessionId: string, commandId: string): Log {
  const feed = useMemo(() => {
    const base = `${window.location.origin.replace(/^http/, "ws")}/sessions/${encodeURIComponent(sessionId)}/logs`;
    return new LogFeed((offset) => `${base}?command_id=${encodeURIComponent(commandId)}&from=${offset}`);
  }, [sessionId, commandId]);
  const version = useSyncExternalStore(feed.subscribe, feed.snapshot);
  useEffect(() => {
    window.addEventListener("online", feed.wake);
    return () => window.removeEventListener("online", feed.wake);
  }, [feed]);
  const read = useMemo(() => reader(feed, outputPath(sessionId, commandId)), [feed, sessionId, commandId]);
  return { feed, version, read };
}

export function outputPath(sessionId: string, commandId: string): string {
  return `/sessions/${encodeURIComponent(sessionId)}/commands/${encodeURIComponent(commandId)}/output`;
}

const MOST_READ_BYTES = 4 << 20;

/** Fetches pages whose text was let go, as many as follow each other in one request: their bytes and no others. */
function reader(feed: LogFeed, path: string): Reads {
  const asked = new Map<number, Promise<void>>();
  return (first, count = 1) => {
    const { pages } = feed;
    const known = asked.get(first);
    if (known !== undefined) return known;
    const wanted = pages.following(first, count, MOST_READ_BYTES);
    const [begin] = wanted;
    if (begin === undefined) return Promise.resolve();
    const size = wanted.reduce((sum, page) => sum + page.size, 0);
    const reading = ask(`${path}?from=${begin.offset}`, { headers: { range: `bytes=0-${size - 1}` } })
      .then(async (answer) => {
        const bytes = new Uint8Array(await answer.arrayBuffer());
        for (const [place, page] of wanted.entries()) {
          const start = page.offset - begin.offset;
          pages.keep(first + place, bytes.slice(start, start + page.size));
        }
        feed.changed();
      })
      .finally(() => asked.delete(first));
    asked.set(first, reading);
    return reading;
  };
}

export type Found = { hits: readonly number[]; isSearching: boolean; isFull: boolean };
const NONE: Found = { hits: [], isSearching: false, isFull: false };

/** Where some text stands in the log; looks on while more comes. */
export function useFound(log: Log, wanted: string): Found {
  const { feed, version, read } = log;
  const search = useMemo(() => (wanted === "" ? null : new LogSearch(wanted, feed.pages)), [feed, wanted]);
  const [found, setFound] = useState<Found>(NONE);
  const running = useRef<LogSearch | null>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: each version may have more to look through
  useEffect(() => {
    if (search === null) {
      setFound(NONE);
      return;
    }
    if (running.current === search) return;
    running.current = search;
    const tell = (isSearching: boolean) => setFound({ hits: [...search.hits], isSearching, isFull: search.isFull });
    search
      .on(read, new AbortController().signal, () => tell(true))
      .catch(() => undefined)
      .finally(() => {
        if (running.current === search) {
          running.current = null;
          tell(false);
        }
      });
  }, [search, read, version]);
  return found;
}
