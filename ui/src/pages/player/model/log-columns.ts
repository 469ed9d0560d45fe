import { type LogLevel, levelOf, rankOf } from "./suited";
import { type Span, toX } from "./window";

// A tick of a log is this wide: of those that share a place the worst is seen.
const COLUMN_PX = 3;

/** The worst level in each column of the screen, the harmless first so that the bad are drawn over them. */
export function worstPerColumn(
  { times_s, values }: { times_s: number[]; values: (number | null)[] },
  scale: number[],
  view: Span,
  width: number,
): { x: number; level: LogLevel }[] {
  const worst = new Map<number, LogLevel>();
  for (const [index, at] of times_s.entries()) {
    const value = values[index];
    if (value === null || value === undefined || at < view.from || at > view.to) continue;
    const column = Math.round(toX(view, width, at) / COLUMN_PX);
    const level = levelOf(scale, value);
    const known = worst.get(column);
    if (known === undefined || rankOf(level) > rankOf(known)) worst.set(column, level);
  }
  const columns = [...worst].map(([column, level]) => ({ x: column * COLUMN_PX, level }));
  return columns.sort((one, other) => rankOf(one.level) - rankOf(other.level));
}
