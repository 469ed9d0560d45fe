import type { Outcome } from "./messages";

/** Seconds of latency that are drawn. */
export const WINDOW_S = 30;
// Half a minute at 133 Hz; a faster loop shows a shorter past.
const CAPACITY = 4_096;
const OUTCOMES: Outcome[] = ["pass", "clamp", "reject"];

/** The newest cycles as plain numbers, in memory that never grows. Index 0 is the oldest that is kept. */
export class CycleRing {
  private readonly atMs: Float64Array;
  private readonly totalMs: Float32Array;
  private readonly outcome: Uint8Array;
  private next = 0;
  length = 0;

  constructor(private readonly capacity = CAPACITY) {
    this.atMs = new Float64Array(capacity);
    this.totalMs = new Float32Array(capacity);
    this.outcome = new Uint8Array(capacity);
  }

  push(atMs: number, totalMs: number, outcome: Outcome): void {
    this.atMs[this.next] = atMs;
    this.totalMs[this.next] = totalMs;
    this.outcome[this.next] = Math.max(0, OUTCOMES.indexOf(outcome));
    this.next = (this.next + 1) % this.capacity;
    this.length = Math.min(this.length + 1, this.capacity);
  }

  at(index: number): number {
    return this.atMs[this.place(index)] ?? Number.NaN;
  }

  total(index: number): number {
    return this.totalMs[this.place(index)] ?? Number.NaN;
  }

  /** 0 passed, 1 clamped, 2 rejected. */
  verdict(index: number): number {
    return this.outcome[this.place(index)] ?? 0;
  }

  clear(): void {
    this.next = this.length = 0;
  }

  private place(index: number): number {
    return (this.next - this.length + index + 2 * this.capacity) % this.capacity;
  }
}

export type Columns = { worstMs: Float32Array; verdict: Uint8Array };

/**
 * The ring as columns of pixels: in each the longest cycle and the worst verdict, so that no single late or refused cycle
 * is lost between pixels. `into` is written over, that painting makes no garbage; NaN where there was no cycle.
 */
export function columnsOf(ring: CycleRing, endMs: number, windowMs: number, into: Columns): Columns {
  const { worstMs, verdict } = into;
  const width = worstMs.length;
  worstMs.fill(Number.NaN);
  verdict.fill(0);
  for (let index = ring.length - 1; index >= 0; index--) {
    const column = Math.floor(width - ((endMs - ring.at(index)) / windowMs) * width);
    if (column < 0) break;
    const place = Math.min(column, width - 1);
    const before = worstMs[place] ?? Number.NaN;
    const total = ring.total(index);
    worstMs[place] = Number.isNaN(before) ? total : Math.max(before, total);
    verdict[place] = Math.max(verdict[place] ?? 0, ring.verdict(index));
  }
  return into;
}
