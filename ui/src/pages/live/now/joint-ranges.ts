import type { Cycle, Joint } from "../feed/messages";

/** What a joint's bar spans: its limits, or all that was seen of it where it has none. */
export type Range = { lower: number; upper: number; isKnown: boolean };

const LEAST_SPAN = 0.2;

export function rangesOf(
  before: Range[],
  count: number,
  joints: Joint[] | undefined,
  cycle: Pick<Cycle, "requested" | "executed"> | null,
): Range[] {
  return Array.from({ length: count }, (_, place) => {
    const joint = joints?.[place];
    if (joint !== undefined && joint.lower !== null && joint.upper !== null) {
      return { lower: joint.lower, upper: joint.upper, isKnown: true };
    }
    return widened(before[place], [cycle?.requested?.[place], cycle?.executed?.[place]]);
  });
}

function widened(before: Range | undefined, seen: (number | null | undefined)[]): Range {
  const values = seen.filter((one): one is number => typeof one === "number" && Number.isFinite(one));
  if (before !== undefined && !before.isKnown) values.push(before.lower, before.upper);
  const lower = Math.min(...values, -LEAST_SPAN);
  const upper = Math.max(...values, LEAST_SPAN);
  return { lower, upper, isKnown: false };
}

/** Where a value stands between the ends, 0 to 1; one beyond them stands at the end. Null for no number. */
export function placeOf(value: number | null | undefined, { lower, upper }: Range): number | null {
  if (value === null || value === undefined || !Number.isFinite(value) || upper <= lower) return null;
  return Math.min(1, Math.max(0, (value - lower) / (upper - lower)));
}
