import type { Model } from "~/api/client";

type Hour = Model<"HealthHour">;
export type Bar = { at: number; heartbeats: number; part: number; title: Hour | null };

const HOUR_MS = 3_600_000;
const HOUR_S = 3_600;

/** The last `count` hours, oldest first, also those without any heartbeat; `part` of the heartbeats that were due. */
export function barsOf(hours: Hour[], intervalS: number | null, count: number, now: Date): Bar[] {
  const known = new Map(hours.map((hour) => [Date.parse(hour.hour_at), hour]));
  const most = Math.max(1, ...hours.map((hour) => hour.heartbeats));
  const due = intervalS === null || intervalS <= 0 ? most : HOUR_S / intervalS;
  const last = Math.floor(now.getTime() / HOUR_MS) * HOUR_MS;
  return Array.from({ length: count }, (_, place) => {
    const at = last - (count - 1 - place) * HOUR_MS;
    const hour = known.get(at) ?? null;
    // The hour under way is measured by what has passed of it.
    const passed = at === last ? Math.max((now.getTime() - last) / HOUR_MS, 0.02) : 1;
    const heartbeats = hour?.heartbeats ?? 0;
    return { at, heartbeats, part: Math.min(1, heartbeats / (due * passed)), title: hour };
  });
}
