/** Which part of a recording is on the screen, and where a time is on it. All times are seconds from its start. */

export type Span = { from: number; to: number };

// What is shown of a recording never gets shorter than this: its times are microseconds.
const SHORTEST_S = 0.001;

export function lengthOf(span: Span): number {
  return span.to - span.from;
}

export function whole(durationS: number): Span {
  return { from: 0, to: Math.max(durationS, SHORTEST_S) };
}

/** Moves and shortens a span until it lies within the recording. */
export function within(span: Span, durationS: number): Span {
  const all = whole(durationS);
  const length = Math.min(Math.max(lengthOf(span), Math.min(SHORTEST_S, all.to)), all.to);
  const from = Math.min(Math.max(span.from, 0), all.to - length);
  return { from, to: from + length };
}

/** Zooms by a factor (2 shows half as much) so that `at` stays where it is on the screen. */
export function zoomed(view: Span, factor: number, at: number, durationS: number): Span {
  const pivot = Math.min(Math.max(at, view.from), view.to);
  const length = Math.min(Math.max(lengthOf(view) / factor, SHORTEST_S), Math.max(durationS, SHORTEST_S));
  const share = lengthOf(view) === 0 ? 0.5 : (pivot - view.from) / lengthOf(view);
  const from = pivot - share * length;
  return within({ from, to: from + length }, durationS);
}

/** Moves by a share of what is shown. */
export function panned(view: Span, share: number, durationS: number): Span {
  const by = lengthOf(view) * share;
  return within({ from: view.from + by, to: view.to + by }, durationS);
}

/** Keeps a time on the screen: unchanged if it is, else moved so that the time is a little inside the edge it left by. */
export function following(view: Span, at: number, durationS: number): Span {
  if (at >= view.from && at <= view.to) return view;
  const length = lengthOf(view);
  const from = at > view.to ? at - length * 0.1 : at - length * 0.9;
  return within({ from, to: from + length }, durationS);
}

export function toX(view: Span, width: number, at: number): number {
  return ((at - view.from) / lengthOf(view)) * width;
}

export function toTime(view: Span, width: number, x: number): number {
  return view.from + (x / Math.max(width, 1)) * lengthOf(view);
}

/** Two times in any order as a span within the recording. */
export function between(one: number, other: number, durationS: number): Span {
  const clamp = (at: number) => Math.min(Math.max(at, 0), durationS);
  return { from: clamp(Math.min(one, other)), to: clamp(Math.max(one, other)) };
}

export function isWhole(view: Span, durationS: number): boolean {
  return view.from <= 1e-6 && view.to >= durationS - 1e-6;
}

const STEPS_S = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400];

/** Round times to write below the ruler, at least `apartPx` from each other, and how many digits they need. */
export function ticks(view: Span, width: number, apartPx = 90): { at: number[]; digits: number } {
  const least = (lengthOf(view) * apartPx) / Math.max(width, 1);
  const step = least >= 1 ? (STEPS_S.find((one) => one >= least) ?? Math.ceil(least / 86_400) * 86_400) : small(least);
  const at: number[] = [];
  for (let number = Math.ceil(view.from / step - 1e-9); number * step <= view.to + step * 1e-9; number += 1) {
    at.push(number * step);
  }
  return { at, digits: step >= 1 ? 0 : Math.min(6, Math.ceil(-Math.log10(step) - 1e-9)) };
}

function small(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  return power * ([1, 2, 5, 10].find((one) => one * power >= least - 1e-12) ?? 10);
}
