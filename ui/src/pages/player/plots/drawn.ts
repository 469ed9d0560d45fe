import type { Model } from "~/api/client";

type Series = Model<"Series">;
type Columns = [number[], ...(number | null | undefined)[][]];

/** Series of different times as columns of common times: undefined where a series has nothing, null where no number. */
export function joined(fields: string[], found: Series[]): Columns {
  const wanted = fields.map((field) => found.find((series) => series.field === field));
  const present = wanted.filter((series) => series !== undefined);
  const first = present[0];
  if (first === undefined) return [[], ...fields.map(() => [])];
  const sameTimes = present.every((series) => series.times_s === first.times_s || sameEnds(series, first));
  if (sameTimes)
    return [first.times_s, ...wanted.map((series) => series?.values ?? first.times_s.map(() => undefined))];
  const times = [...new Set(present.flatMap((series) => series.times_s))].sort((one, other) => one - other);
  const places = new Map(times.map((at, index) => [at, index]));
  const columns = wanted.map((series) => {
    const column: (number | null | undefined)[] = new Array(times.length).fill(undefined);
    for (const [index, at] of (series?.times_s ?? []).entries()) column[places.get(at) ?? 0] = series?.values[index];
    return column;
  });
  return [times, ...columns];
}

function sameEnds(one: Series, other: Series): boolean {
  return one.times_s.length === other.times_s.length && one.times_s.every((at, index) => at === other.times_s[index]);
}

/** What a field was at a time: its last value until then. `isExact` is false when points in between were left out. */
export function valueAt(series: Series, at: number): { value: number | null; isExact: boolean } | null {
  // A link holds microseconds: what stands there within one was meant.
  const index = lastUntil(series.times_s, at + 1e-6);
  if (index < 0) return null;
  return { value: series.values[index] ?? null, isExact: series.times_s.length >= series.message_count };
}

/** The index of the last time at or before `at`; -1 when all are later. */
export function lastUntil(times: ArrayLike<number>, at: number): number {
  let [low, high] = [0, times.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((times[middle] ?? 0) <= at) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** The range of a plot's values: a little more than what is seen, never nothing, thresholds included. */
export function valueRange(low: number | null, high: number | null, thresholds: number[]): [number, number] {
  const seen = [low, high, ...thresholds].filter((value): value is number => value !== null && Number.isFinite(value));
  if (seen.length === 0) return [0, 1];
  const [least, most] = [Math.min(...seen), Math.max(...seen)];
  const pad = most > least ? (most - least) * 0.08 : Math.abs(most) * 0.1 || 1;
  return [least - pad, most + pad];
}

/** Blue first; red and amber are kept for danger and attention. */
export const COLOURS = {
  light: ["#115bc2", "#0a7d70", "#7a3fc4", "#3d7d1f", "#ad2f86", "#5c6670"],
  dark: ["#5b9bea", "#3fc1b0", "#b794f6", "#8fce5f", "#e58cc8", "#aab3bd"],
};

export function colourOf(scheme: "light" | "dark", index: number): string {
  const colours = COLOURS[scheme];
  return colours[index % colours.length] ?? "#808080";
}
