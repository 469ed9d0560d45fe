import { LiveState } from "./live-state";
import type { LoopStatus } from "./messages";

export type SocketState = "connecting" | "open" | "lost" | "refused";

const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 8_000;
// Words are read, not watched: faster than this nobody follows them.
const WORDS_EVERY_MS = 200;
// How the hub closes when the credential that opened it has ended.
const NO_LONGER_ALLOWED = 1008;

/**
 * The connection to a robot that is watched. Messages change the state and nothing else; what is drawn is drawn when the
 * display asks for it, and what is read is told to React a few times a second.
 */
export class LiveFeed {
  readonly state = new LiveState();
  socket: SocketState = "connecting";
  /** Changes when the words may have changed. */
  edition = 0;
  private connection: WebSocket | null = null;
  private retryMs = FIRST_RETRY_MS;
  private retry: ReturnType<typeof setTimeout> | undefined;
  private words: ReturnType<typeof setInterval> | undefined;
  private animation = 0;
  private told = -1;
  private ended = false;
  private readonly readers = new Set<() => void>();
  private readonly painters = new Set<(state: LiveState) => void>();
  private painted = -1;

  constructor(private readonly robotId: string) {}

  start(): void {
    this.ended = false;
    this.open();
    this.words = setInterval(() => this.tellReaders(), WORDS_EVERY_MS);
    this.animation = requestAnimationFrame(this.paint);
    window.addEventListener("online", this.wake);
  }

  stop(): void {
    this.ended = true;
    clearTimeout(this.retry);
    clearInterval(this.words);
    cancelAnimationFrame(this.animation);
    window.removeEventListener("online", this.wake);
    this.connection?.close();
    this.connection = null;
  }

  /** Called some times a second while something is new. */
  subscribe = (reader: () => void): (() => void) => {
    this.readers.add(reader);
    return () => this.readers.delete(reader);
  };

  /** Called with each frame of the display while something is new, and once at the beginning. */
  onPaint(painter: (state: LiveState) => void): () => void {
    this.painters.add(painter);
    painter(this.state);
    return () => this.painters.delete(painter);
  }

  know(status: LoopStatus): void {
    this.state.know(status);
    this.tellReaders();
  }

  wake = (): void => {
    if (this.socket === "open" || this.ended) return;
    this.retryMs = FIRST_RETRY_MS;
    this.open();
  };

  private open(): void {
    clearTimeout(this.retry);
    this.connection?.close();
    const scheme = window.location.protocol === "https:" ? "wss" : "ws";
    const path = `/api/v1/robots/${encodeURIComponent(this.robotId)}/live`;
    const connection = new WebSocket(`${scheme}://${window.location.host}${path}`);
    connection.binaryType = "arraybuffer";
    connection.onopen = () => {
      this.retryMs = FIRST_RETRY_MS;
      this.become("open");
    };
    connection.onmessage = ({ data }) => this.state.take(data as string | ArrayBuffer, performance.now());
    connection.onclose = ({ code }) => {
      if (connection !== this.connection || this.ended) return;
      this.become(code === NO_LONGER_ALLOWED ? "refused" : "lost");
      // A crowd of browsers must not come back all at once.
      this.retry = setTimeout(() => this.open(), this.retryMs * (0.5 + Math.random()));
      this.retryMs = Math.min(this.retryMs * 2, LONGEST_RETRY_MS);
    };
    this.connection = connection;
  }

  private become(socket: SocketState): void {
    this.socket = socket;
    this.edition += 1;
    this.tellReaders();
  }

  private tellReaders(): void {
    const { version } = this.state;
    if (version !== this.told) this.edition += 1;
    this.told = version;
    // Ages on the page grow also while nothing comes, so that readers are always told.
    for (const reader of this.readers) reader();
  }

  private paint = (): void => {
    if (this.ended) return;
    this.animation = requestAnimationFrame(this.paint);
    if (this.painted === this.state.version) return;
    this.painted = this.state.version;
    for (const painter of this.painters) painter(this.state);
  };
}
