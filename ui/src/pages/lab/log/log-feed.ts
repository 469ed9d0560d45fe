import { type Frame, LogPages } from "./log-pages";
import type { Stream } from "./runs";

/** How a command ended, as the stream of its output says it. */
export type LogEnd = { exitCode: number | null; termination: string | null; reason: string | null };

export type FeedState = "connecting" | "live" | "lost" | "ended" | "refused";

type Message = {
  command_id?: string;
  offset?: number;
  stream?: Stream;
  text?: string;
  base64?: string;
  timestamp?: string;
  exit_code?: number | null;
  termination_reason?: string | null;
  reason?: string | null;
  heartbeat?: string;
};

const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 10_000;
// A hub that is alive says so every 15 s; a connection that is silent for longer is gone, whatever the browser thinks.
const SILENCE_MS = 45_000;
const NOT_ALLOWED = 1008;

const encoder = new TextEncoder();

/** Follows the output of one command over a WebSocket, from where it was left, for as long as somebody listens. */
export class LogFeed {
  readonly pages = new LogPages();
  state: FeedState = "connecting";
  end: LogEnd | null = null;
  /** Grows with everything that changes. */
  version = 0;
  private readonly listeners = new Set<() => void>();
  private socket: WebSocket | null = null;
  private retry: ReturnType<typeof setTimeout> | undefined;
  private silence: ReturnType<typeof setTimeout> | undefined;
  private retryMs = FIRST_RETRY_MS;
  private frame = 0;

  constructor(private readonly addressFrom: (offset: number) => string) {}

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    if (this.listeners.size === 1) this.open();
    return () => {
      this.listeners.delete(listener);
      if (this.listeners.size === 0) this.close();
    };
  };

  snapshot = (): number => this.version;

  /** Try at once: the network came back. */
  wake = (): void => {
    if (this.state !== "lost") return;
    this.retryMs = FIRST_RETRY_MS;
    this.open();
  };

  /** Say that what can be read of the pages has changed. */
  changed(): void {
    if (this.frame !== 0) return;
    // Output comes faster than anybody reads: it is drawn once a frame.
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      this.version += 1;
      for (const listener of this.listeners) listener();
    });
  }

  private open(): void {
    clearTimeout(this.retry);
    if (this.state === "ended") return;
    this.socket?.close();
    const socket = new WebSocket(this.addressFrom(this.pages.end));
    this.socket = socket;
    socket.onopen = () => {
      this.retryMs = FIRST_RETRY_MS;
      this.become("live");
      this.heard();
    };
    socket.onmessage = ({ data }) => {
      if (this.socket !== socket) return;
      this.heard();
      this.take(JSON.parse(data as string) as Message);
    };
    socket.onclose = ({ code }) => this.lost(socket, code);
  }

  private lost(socket: WebSocket, code: number): void {
    if (this.socket !== socket || this.state === "ended") return;
    clearTimeout(this.silence);
    this.socket = null;
    if (code === NOT_ALLOWED) {
      this.become("refused");
      return;
    }
    this.become("lost");
    // A crowd of browsers must not come back all at once.
    this.retry = setTimeout(() => this.open(), this.retryMs * (0.5 + Math.random()));
    this.retryMs = Math.min(this.retryMs * 2, LONGEST_RETRY_MS);
  }

  private heard(): void {
    clearTimeout(this.silence);
    this.silence = setTimeout(() => this.socket?.close(), SILENCE_MS);
  }

  private take(message: Message): void {
    const frame = frameOf(message);
    if (frame !== null) this.pages.feed(frame);
    else if ("exit_code" in message) {
      this.end = {
        exitCode: message.exit_code ?? null,
        termination: message.termination_reason ?? null,
        reason: message.reason ?? null,
      };
      this.become("ended");
      clearTimeout(this.silence);
      this.socket?.close();
      this.socket = null;
    } else return;
    this.changed();
  }

  private become(state: FeedState): void {
    if (this.state === state) return;
    this.state = state;
    this.changed();
  }

  private close(): void {
    clearTimeout(this.retry);
    clearTimeout(this.silence);
    cancelAnimationFrame(this.frame);
    this.frame = 0;
    const { socket } = this;
    this.socket = null;
    // One that is not open yet is closed when it is: browsers complain about anything else.
    if (socket?.readyState === WebSocket.CONNECTING) socket.onopen = () => socket.close();
    else socket?.close();
    if (this.state === "live" || this.state === "lost") this.state = "connecting";
  }
}

export function frameOf(message: Message): Frame | null {
  const { offset, stream, text, base64 } = message;
  if (offset === undefined || (text === undefined && base64 === undefined)) return null;
  const bytes = text === undefined ? fromBase64(base64 ?? "") : encoder.encode(text);
  return { offset, stream: stream === "stderr" ? "stderr" : "stdout", bytes, at: message.timestamp };
}

function fromBase64(text: string): Uint8Array {
  const characters = atob(text);
  const bytes = new Uint8Array(characters.length);
  for (let place = 0; place < characters.length; place += 1) bytes[place] = characters.charCodeAt(place);
  return bytes;
}
