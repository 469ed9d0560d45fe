import type { Model } from "~/api/client";

const NS_PER_MS = 1e6;

/** The moment of a recording to look at, in nanoseconds since 1970: when its rule fired, else when the incident began
 * as far as the recording reaches; null as long as it has no times. */
export function momentOf(
  { trigger, started_at, ended_at }: Pick<Model<"Recording">, "trigger" | "started_at" | "ended_at">,
  openedAt: string,
): number | null {
  if (started_at === null || ended_at === null) return null;
  const [from, to] = [Date.parse(started_at) * NS_PER_MS, Date.parse(ended_at) * NS_PER_MS];
  const wanted = trigger?.fired_at_ns ?? Date.parse(openedAt) * NS_PER_MS;
  return Math.min(to, Math.max(from, wanted));
}

/** The recording that shows how it began: of several, the earliest; they come the latest first. */
export function firstOf(sessionIds: string[] | undefined): string | undefined {
  return sessionIds?.at(-1);
}

/** The half minute in which what opened an incident was said; the hub opens it a moment after it heard of it. */
export function untilOpened(openedAt: string): { since: string; until: string } {
  const at = Date.parse(openedAt);
  return { since: new Date(at - 30_000).toISOString(), until: new Date(at + 1_000).toISOString() };
}
