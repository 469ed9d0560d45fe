import { lengthOf, type Span } from "./window";

/** What to ask the hub for: a window that is asked for again and again while one pans and zooms within it. */
export type Tile = { start: number; end: number; points: number; isWhole: boolean };

// Two points of a pixel's column, its lowest and its highest, are all that a screen can show.
const POINTS_PER_PX = 2;
const FEWEST_POINTS = 200;
const MOST_POINTS = 8_000;
// Widths of screens in steps, so that resizing a browser does not ask for everything again.
const WIDTH_STEP_PX = 256;

/**
 * The smallest of the windows of one level that holds the view with room to pan. A level halves the one before; its
 * windows overlap by a half, so that a view of at most half a window always fits into one.
 */
export function tileFor(view: Span, durationS: number, widthPx: number): Tile {
  const length = Math.max(lengthOf(view), 1e-9);
  const levels = Math.max(0, Math.floor(Math.log2(durationS / length + 1e-9)) - 1);
  const span = durationS / 2 ** levels;
  const isWhole = levels === 0;
  const half = span / 2;
  const start = isWhole ? 0 : Math.min(Math.floor(view.from / half + 1e-9) * half, durationS - span);
  const width = Math.ceil(Math.max(widthPx, 1) / WIDTH_STEP_PX) * WIDTH_STEP_PX;
  const scale = isWhole ? 1 : span / length;
  const points = Math.round(Math.min(Math.max(width * POINTS_PER_PX * scale, FEWEST_POINTS), MOST_POINTS));
  return { start, end: isWhole ? durationS : start + span, points: quantised(points), isWhole };
}

/** In powers of two: a view that is a little shorter needs the same points. */
function quantised(points: number): number {
  return Math.min(MOST_POINTS, 2 ** Math.ceil(Math.log2(points)));
}
