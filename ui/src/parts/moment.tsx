import { Text, type TextProps, Tooltip } from "@mantine/core";
import { useSyncExternalStore } from "react";
import { type At, absolute, dateOf, relative, utc, zone } from "~/format/time";

const listeners = new Set<() => void>();
let now = new Date();
let timer: ReturnType<typeof setInterval> | undefined;

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(() => {
    now = new Date();
    for (const one of listeners) one();
  }, 10_000);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

/** The time now, to within 10 s, for what says how long ago something was. */
export function useNow(): Date {
  return useSyncExternalStore(
    subscribe,
    () => now,
    () => now,
  );
}

type Props = TextProps & { at: At; form?: "relative" | "absolute" | "both" };

/** A moment: relative, absolute in the viewer's zone, or both, which names the zone; UTC on hover. */
export function Moment({ at, form = "relative", ...props }: Props) {
  const current = useNow();
  // The time now is up to 10 s old: what has happened since is not in the future.
  const hasJustBeen = dateOf(at) > current && dateOf(at).getTime() <= Date.now();
  const ago = relative(at, hasJustBeen ? dateOf(at) : current);
  const full = absolute(at, current);
  const shown = form === "relative" ? ago : form === "absolute" ? full : `${full} ${zone(at)} · ${ago}`;
  return (
    <Tooltip label={form === "relative" ? `${full} · ${utc(at)}` : utc(at)}>
      <Text component="time" dateTime={dateOf(at).toISOString()} inherit span {...props}>
        {shown}
      </Text>
    </Tooltip>
  );
}
