import { createContext, type ReactNode, useContext, useEffect, useRef, useState, useSyncExternalStore } from "react";
import { LiveFeed } from "./live-feed";
import type { LiveState } from "./live-state";

const FeedContext = createContext<LiveFeed | null>(null);

/** Holds the connection to a robot for as long as its page is open. */
export function Feed({ robotId, children }: { robotId: string; children: ReactNode }) {
  const [feed, setFeed] = useState<LiveFeed | null>(null);
  useEffect(() => {
    const made = new LiveFeed(robotId);
    made.start();
    setFeed(made);
    return () => made.stop();
  }, [robotId]);
  return feed === null ? null : <FeedContext value={feed}>{children}</FeedContext>;
}

export function useFeed(): LiveFeed {
  const feed = useContext(FeedContext);
  if (feed === null) throw new Error("useFeed is used outside of <Feed>");
  return feed;
}

/** What the words of a page are made of, read anew some times a second. */
export function useLive(): LiveState {
  const feed = useFeed();
  useSyncExternalStore(feed.subscribe, () => feed.edition);
  return feed.state;
}

/** A painter of what moves as fast as the display, outside React. */
export function usePainter(painter: (state: LiveState) => void): void {
  const feed = useFeed();
  const latest = useRef(painter);
  latest.current = painter;
  useEffect(() => feed.onPaint((state) => latest.current(state)), [feed]);
}
