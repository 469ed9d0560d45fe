import type { Point } from "./queries";

type Drawn = { line: string; firedX: number; thresholdY: number | null; lowest: number; highest: number };

/** A curve in a small picture; where nothing was measured the line breaks. Null where there is no curve. */
export function drawn(
  curve: Point[],
  threshold: number | null,
  firedNs: number,
  width: number,
  height: number,
): Drawn | null {
  const values = curve.flatMap(([, value]) => value ?? []);
  const [first, last] = [curve[0]?.[0], curve.at(-1)?.[0]];
  if (first == null || last == null || values.length < 2) return null;
  const lowest = Math.min(...values);
  const highest = Math.max(...values);
  const seen = threshold === null ? [lowest, highest] : [Math.min(lowest, threshold), Math.max(highest, threshold)];
  const [bottom = 0, top = 1] = seen;
  const x = (at: number) => ((at - first) / Math.max(last - first, 1)) * width;
  const y = (value: number) => height - 2 - ((value - bottom) / (top - bottom || 1)) * (height - 4);
  let line = "";
  let isDown = false;
  for (const [at, value] of curve) {
    if (at == null) continue;
    if (value != null) line += `${isDown ? "L" : "M"}${x(at).toFixed(1)} ${y(value).toFixed(1)}`;
    isDown = value != null;
  }
  return { line, firedX: x(firedNs), thresholdY: threshold === null ? null : y(threshold), lowest, highest };
}
