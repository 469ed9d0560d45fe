export type Stream = "stdout" | "stderr";

const MOST = 2_000_000;

/** Which bytes came from which stream: only where it changes is remembered. */
export class Runs {
  private readonly offsets: number[] = [];
  private readonly streams: Stream[] = [];

  note(offset: number, stream: Stream): void {
    if (this.streams.at(-1) === stream || this.offsets.length >= MOST) return;
    this.offsets.push(offset);
    this.streams.push(stream);
  }

  at(offset: number): Stream {
    let low = 0;
    let high = this.offsets.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.offsets[middle] as number) <= offset) low = middle + 1;
      else high = middle;
    }
    return this.streams[low - 1] ?? "stdout";
  }
}
