import { lastUntil } from "../plots/drawn";

type Column = { times_s: number[]; values: (number | null)[] };
/** A path from above: `times` ascending, places beside them. */
export type Path = { times: number[]; xs: number[]; ys: number[] };
export type Box = { left: number; bottom: number; width: number; height: number };

/** Two fields of one topic as places. Each was thinned for itself, so that the other is read between its points. */
export function pathOf(x: Column, y: Column): Path {
  const [xs, ys] = [finite(x), finite(y)];
  const times = [...new Set([...xs.times_s, ...ys.times_s])].sort((one, other) => one - other);
  const path: Path = { times: [], xs: [], ys: [] };
  for (const at of times) {
    const [left, up] = [between(xs, at), between(ys, at)];
    if (left === null || up === null) continue;
    path.times.push(at);
    path.xs.push(left);
    path.ys.push(up);
  }
  return path;
}

type Finite = { times_s: number[]; values: number[] };

function finite({ times_s, values }: Column): Finite {
  const kept: Finite = { times_s: [], values: [] };
  for (const [index, value] of values.entries()) {
    const at = times_s[index];
    if (value === null || at === undefined) continue;
    kept.times_s.push(at);
    kept.values.push(value);
  }
  return kept;
}

function between({ times_s, values }: Finite, at: number): number | null {
  const index = lastUntil(times_s, at);
  const [before, after] = [values[index], values[index + 1]];
  const [since, until] = [times_s[index], times_s[index + 1]];
  if (before === undefined || since === undefined) return null;
  if (after === undefined || until === undefined || until === since) return before;
  return before + ((after - before) * (at - since)) / (until - since);
}

/** Where it was at a time; before its first place that, after its last that. */
export function placeAt(path: Path, at: number): { x: number; y: number } | null {
  const x = between({ times_s: path.times, values: path.xs }, at) ?? path.xs[0];
  const y = between({ times_s: path.times, values: path.ys }, at) ?? path.ys[0];
  return x === undefined || y === undefined ? null : { x, y };
}

/** When it was nearest to a place. */
export function nearestTime(path: Path, x: number, y: number): number | null {
  let [best, least] = [null as number | null, Number.POSITIVE_INFINITY];
  for (const [index, at] of path.times.entries()) {
    const distance = ((path.xs[index] ?? 0) - x) ** 2 + ((path.ys[index] ?? 0) - y) ** 2;
    if (distance < least) [best, least] = [at, distance];
  }
  return best;
}

/** What holds all of the path, in the proportions of the picture, with a margin. */
export function boxOf(path: Path, aspect: number): Box {
  let [left, right, bottom, top] = [0, 0, 0, 0];
  for (const [index, x] of path.xs.entries()) {
    const y = path.ys[index] ?? 0;
    if (index === 0) [left, right, bottom, top] = [x, x, y, y];
    left = Math.min(left, x);
    right = Math.max(right, x);
    bottom = Math.min(bottom, y);
    top = Math.max(top, y);
  }
  const needed = Math.max(right - left, (top - bottom) * aspect, 1e-3) * 1.12;
  const height = needed / aspect;
  return { left: (left + right - needed) / 2, bottom: (bottom + top - height) / 2, width: needed, height };
}

/** A round length for the scale, about a quarter of the width. */
export function scaleOf(width: number): number {
  const power = 10 ** Math.floor(Math.log10(width / 4));
  return ([5, 2, 1].find((one) => one * power <= width / 4) ?? 1) * power;
}
