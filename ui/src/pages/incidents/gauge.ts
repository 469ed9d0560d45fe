/** Where a measured value lies against what it may be at most or at least, on a bar from 0 to 1. */
export type Gauge = {
  low: number;
  high: number;
  threshold: number;
  value: number;
  /** The part of the bar that the rule forbids. */
  danger: [number, number];
};

const ABOVE = new Set(["gt", "gte", "diverge_gt"]);
const BELOW = new Set(["lt", "lte"]);
const MARGIN = 0.25;

/** Null where there is nothing to compare along a line. */
export function gaugeOf(value: number | null, threshold: number | null, op: string | null): Gauge | null {
  if (value === null || threshold === null || op === null) return null;
  const isAbove = ABOVE.has(op);
  if (!isAbove && !BELOW.has(op)) return null;
  const least = Math.min(value, threshold, 0);
  const most = Math.max(value, threshold, 0);
  // A value that hardly passes its threshold must still be seen on the other side of it.
  const near = Math.abs(value - threshold);
  const isTight = near > 0 && near < (most - least) * 0.04;
  const low = isTight ? Math.min(value, threshold) - near * 6 : least - (least < 0 ? (most - least) * MARGIN : 0);
  const high = isTight ? Math.max(value, threshold) + near * 6 : most + (most > 0 ? (most - least) * MARGIN : 0);
  const size = high - low || 1;
  const at = (one: number) => (one - low) / size;
  return {
    low,
    high,
    threshold: at(threshold),
    value: at(value),
    danger: isAbove ? [at(threshold), 1] : [0, at(threshold)],
  };
}
