import { useQueryClient } from "@tanstack/react-query";
import { createContext, type ReactNode, useContext, useEffect, useRef, useState, useSyncExternalStore } from "react";
import { useWhoAmI } from "~/api/session";
import { Freshness } from "./freshness";
import { type HubEvent, SharedStream, type StreamState } from "./shared-stream";

type Streams = { fleet: SharedStream; boards: SharedStream | null };
const StreamsContext = createContext<Streams | null>(null);

/** Holds the streams of the fleet and of the organization's boards, and keeps every query current by them. */
export function LiveStreams({ children }: { children: ReactNode }) {
  const queries = useQueryClient();
  const me = useWhoAmI();
  const identity = me === undefined ? undefined : (me?.organization_id ?? null);
  const [streams, setStreams] = useState<Streams | null>(null);
  useEffect(() => {
    if (identity === undefined) return;
    const made: Streams = {
      fleet: new SharedStream("/api/v1/events"),
      boards: identity === null ? null : new SharedStream("/api/v1/activity/stream"),
    };
    const freshness = new Freshness(queries);
    const ends: (() => void)[] = [];
    for (const stream of [made.fleet, made.boards]) {
      if (stream === null) continue;
      ends.push(stream.subscribe((event) => freshness.note(event.kind)));
      let wasLost = false;
      let hasBegun = false;
      ends.push(
        stream.subscribeState(() => {
          if (stream.state === "live") {
            if (wasLost) freshness.everything();
            else if (!hasBegun) freshness.began();
            hasBegun = true;
          }
          wasLost = stream.state === "lost";
        }),
      );
    }
    const wake = () => {
      made.fleet.wake();
      made.boards?.wake();
    };
    window.addEventListener("online", wake);
    setStreams(made);
    return () => {
      window.removeEventListener("online", wake);
      for (const end of ends) end();
      freshness.stop();
      made.fleet.close();
      made.boards?.close();
    };
  }, [identity, queries]);
  return <StreamsContext value={streams}>{children}</StreamsContext>;
}

/** Whether what is on the page stays current by itself. */
export function useStreamState(): StreamState {
  const stream = useContext(StreamsContext)?.fleet;
  return useSyncExternalStore(
    (listener) => stream?.subscribeState(listener) ?? (() => undefined),
    () => stream?.state ?? "connecting",
  );
}

/** Calls `handler` for each event whose kind begins with one of `kinds`, such as `incident.` or `task.updated`. */
export function useEvents(kinds: string[], handler: (event: HubEvent) => void): void {
  const streams = useContext(StreamsContext);
  const latest = useRef(handler);
  latest.current = handler;
  const wanted = kinds.join(" ");
  useEffect(() => {
    if (streams === null) return;
    const beginnings = wanted.split(" ");
    const hear = (event: HubEvent) => {
      if (beginnings.some((beginning) => event.kind.startsWith(beginning))) latest.current(event);
    };
    const ends = [streams.fleet.subscribe(hear), streams.boards?.subscribe(hear)];
    return () => {
      for (const end of ends) end?.();
    };
  }, [streams, wanted]);
}
