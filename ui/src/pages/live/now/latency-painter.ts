import type { LiveState } from "../feed/live-state";
import { type Columns, columnsOf, WINDOW_S } from "../feed/rings";

const STRIP = 12;
const GAP = 4;

/** Draws the ring of cycles; keeps its columns, so that painting makes no garbage. */
export class LatencyPainter {
  private readonly context: CanvasRenderingContext2D | null;
  private columns: Columns = { worstMs: new Float32Array(0), verdict: new Uint8Array(0) };
  private colours = { line: "", deadline: "", clamp: "", reject: "", track: "", text: "" };
  private scale = 1;

  constructor(private readonly canvas: HTMLCanvasElement) {
    this.context = canvas.getContext("2d");
    this.measure();
  }

  /** Takes the size and the colours that the page gives the canvas now. */
  measure(): void {
    const width = Math.max(1, Math.round(this.canvas.clientWidth));
    const height = Math.max(1, Math.round(this.canvas.clientHeight));
    this.scale = Math.min(window.devicePixelRatio || 1, 2);
    this.canvas.width = width * this.scale;
    this.canvas.height = height * this.scale;
    if (this.columns.worstMs.length !== width) {
      this.columns = { worstMs: new Float32Array(width), verdict: new Uint8Array(width) };
    }
    const style = getComputedStyle(this.canvas);
    const colour = (name: string) => style.getPropertyValue(name).trim();
    this.colours = {
      line: colour("--mantine-primary-color-filled"),
      deadline: colour("--live-reject"),
      clamp: colour("--live-clamp"),
      reject: colour("--live-reject"),
      track: colour("--live-track"),
      text: colour("--mantine-color-dimmed"),
    };
  }

  paint(state: LiveState): void {
    const { context, columns, colours } = this;
    if (context === null) return;
    const width = columns.worstMs.length;
    const height = this.canvas.height / this.scale;
    const plot = height - STRIP - GAP;
    context.setTransform(this.scale, 0, 0, this.scale, 0, 0);
    context.clearRect(0, 0, width, height);
    const end = state.ring.length === 0 ? 0 : state.ring.at(state.ring.length - 1);
    columnsOf(state.ring, end, WINDOW_S * 1_000, columns);
    const deadline = state.cycle?.perf?.deadline_ms ?? state.status?.cycle_budget_ms ?? 0;
    const top = topOf(columns.worstMs, deadline);
    const y = (ms: number) => plot - Math.min(1, ms / top) * (plot - 2);

    context.fillStyle = colours.track;
    context.fillRect(0, plot + GAP, width, STRIP);
    context.fillStyle = colours.line;
    for (let column = 0; column < width; column++) {
      const worst = columns.worstMs[column] ?? Number.NaN;
      if (Number.isNaN(worst)) continue;
      const isLate = deadline > 0 && worst > deadline;
      context.fillStyle = isLate ? colours.deadline : colours.line;
      context.fillRect(column, y(worst), 1, plot - y(worst));
      const verdict = columns.verdict[column] ?? 0;
      if (verdict === 0) continue;
      context.fillStyle = verdict === 1 ? colours.clamp : colours.reject;
      context.fillRect(column, plot + GAP, 1, STRIP);
    }
    if (deadline > 0) this.drawDeadline(context, width, y(deadline), deadline);
  }

  private drawDeadline(context: CanvasRenderingContext2D, width: number, y: number, deadline: number): void {
    context.strokeStyle = this.colours.deadline;
    context.setLineDash([4, 3]);
    context.beginPath();
    context.moveTo(0, Math.round(y) + 0.5);
    context.lineTo(width, Math.round(y) + 0.5);
    context.stroke();
    context.setLineDash([]);
    context.fillStyle = this.colours.text;
    context.font = "11px system-ui, sans-serif";
    context.fillText(`deadline ${deadline.toFixed(1)} ms`, 4, y + 13);
  }
}

/** The highest value drawn: the deadline with some room, or what went over it, up to twice the deadline. */
export function topOf(worstMs: Float32Array, deadline: number): number {
  let worst = 0;
  for (const ms of worstMs) if (ms > worst) worst = ms;
  if (deadline <= 0) return Math.max(worst * 1.1, 1);
  return Math.min(Math.max(deadline * 1.15, worst * 1.05), deadline * 2);
}
