import type { Model } from "~/api/client";

/** What to cut out: seconds around the trigger, or from the start. */
export type Part = { around: "trigger" | "start"; before: number; after: number };

const NS_PER_MS = 1e6;

/** The seconds of a recording that are meant, null when it has no trigger to go by. */
export function spanOf(
  part: Part,
  { trigger, started_at, duration_s }: Pick<Model<"Recording">, "trigger" | "started_at" | "duration_s">,
): { start: number; end: number } | null {
  if (part.around === "start") return { start: part.before, end: part.after };
  if (trigger === null || trigger === undefined || started_at === null) return null;
  const fired = (trigger.fired_at_ns - Date.parse(started_at) * NS_PER_MS) / 1e9;
  return { start: Math.max(0, fired - part.before), end: Math.min(duration_s, fired + part.after) };
}

export function cutUrl(id: string, { start, end }: { start: number; end: number }, topics: string): string {
  const query = new URLSearchParams({ start: start.toFixed(3), end: end.toFixed(3) });
  const wanted = topics
    .split(/[\s,]+/)
    .filter((topic) => topic !== "")
    .join(",");
  if (wanted !== "") query.set("topics", wanted);
  return `/api/sessions/${encodeURIComponent(id)}/cut?${query}`;
}

export function fileUrl(id: string): string {
  return `/api/sessions/${encodeURIComponent(id)}/mcap`;
}
