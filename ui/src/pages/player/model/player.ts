import { between, following, lengthOf, panned, type Span, whole, within, zoomed } from "./window";

export const SPEEDS: readonly number[] = [0.25, 0.5, 1, 2, 4, 8, 16];

export type PlayerState = {
  durationS: number;
  /** Where one looks, in seconds from the start. */
  cursor: number;
  view: Span;
  selection: Span | null;
  isPlaying: boolean;
  speed: number;
};

export type Beginning = Partial<Pick<PlayerState, "cursor" | "view" | "selection" | "speed">>;

/** Cursor, window and playback of one recording. The timeline, the plots and the panels all follow it. */
export class Player {
  private readonly listeners = new Set<() => void>();
  private current: PlayerState;

  constructor(durationS: number, beginning: Beginning = {}) {
    this.current = {
      durationS,
      cursor: Math.min(Math.max(beginning.cursor ?? 0, 0), durationS),
      view: within(beginning.view ?? whole(durationS), durationS),
      selection: beginning.selection ?? null,
      isPlaying: false,
      speed: beginning.speed ?? 1,
    };
  }

  get state(): PlayerState {
    return this.current;
  }

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** Looks at a time; the window follows when that is outside. */
  seek(at: number): void {
    const cursor = Math.min(Math.max(at, 0), this.current.durationS);
    this.change({ cursor, view: following(this.current.view, cursor, this.current.durationS) });
  }

  show(view: Span): void {
    this.change({ view: within(view, this.current.durationS) });
  }

  showAll(): void {
    this.show(whole(this.current.durationS));
  }

  zoom(factor: number, at = this.current.cursor): void {
    this.change({ view: zoomed(this.current.view, factor, at, this.current.durationS) });
  }

  pan(share: number): void {
    this.change({ view: panned(this.current.view, share, this.current.durationS) });
  }

  select(one: number, other: number): void {
    const selection = between(one, other, this.current.durationS);
    this.change({ selection: lengthOf(selection) > 0 ? selection : null });
  }

  unselect(): void {
    this.change({ selection: null });
  }

  /** One end of the selection at the cursor; the other stays, or is the end of the recording. */
  selectFrom(edge: "from" | "to"): void {
    const { cursor, selection, durationS } = this.current;
    const other = edge === "from" ? (selection?.to ?? durationS) : (selection?.from ?? 0);
    const isInOrder = edge === "from" ? cursor < other : cursor > other;
    this.select(cursor, isInOrder ? other : edge === "from" ? durationS : 0);
  }

  play(): void {
    const { cursor, durationS } = this.current;
    // At the end there is nothing left to play: it begins again.
    if (cursor >= durationS) this.seek(0);
    this.change({ isPlaying: durationS > 0 });
  }

  pause(): void {
    this.change({ isPlaying: false });
  }

  toggle(): void {
    if (this.current.isPlaying) this.pause();
    else this.play();
  }

  setSpeed(speed: number): void {
    this.change({ speed });
  }

  /** The next faster or slower speed. */
  shift(by: 1 | -1): void {
    const index = SPEEDS.indexOf(this.current.speed);
    const speed = SPEEDS[Math.min(Math.max(index + by, 0), SPEEDS.length - 1)];
    if (speed !== undefined) this.change({ speed });
  }

  /** Time has passed while playing; at the end it pauses. */
  advance(elapsedS: number): void {
    const { isPlaying, cursor, speed, durationS } = this.current;
    if (!isPlaying) return;
    const next = cursor + elapsedS * speed;
    this.seek(next);
    if (next >= durationS) this.pause();
  }

  private change(part: Partial<PlayerState>): void {
    const next = { ...this.current, ...part };
    const keys = Object.keys(part) as (keyof PlayerState)[];
    if (keys.every((key) => same(next[key], this.current[key]))) return;
    this.current = next;
    for (const listener of this.listeners) listener();
  }
}

function same(one: unknown, other: unknown): boolean {
  if (Object.is(one, other)) return true;
  if (typeof one !== "object" || typeof other !== "object" || one === null || other === null) return false;
  const [left, right] = [one as Span, other as Span];
  return left.from === right.from && left.to === right.to;
}

/** Where a key of a slider moves the cursor to; null for any other key. */
export function steppedTo(key: string, { cursor, view, durationS }: PlayerState): number | null {
  const step = lengthOf(view) / 100;
  const moves = new Map([
    ["ArrowLeft", cursor - step],
    ["ArrowRight", cursor + step],
    ["PageDown", cursor - step * 10],
    ["PageUp", cursor + step * 10],
    ["Home", 0],
    ["End", durationS],
  ]);
  return moves.get(key) ?? null;
}
