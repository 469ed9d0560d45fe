/** One event of a stream of the hub, as `EventMessage` in its API. */
export type HubEvent = {
  sequence: number;
  kind: string;
  subject: string;
  payload: Record<string, unknown>;
  recorded_at: string;
};

export type StreamState = "connecting" | "live" | "lost";
type Listener = (event: HubEvent) => void;
type Note = { event: HubEvent } | { state: StreamState } | "state?";

const FIRST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 15_000;

/**
 * A server-sent stream that all tabs of this browser share. Browsers keep six connections to a host: were every tab to
 * hold its own streams, the fourth tab would load nothing. One tab holds the stream and tells the others.
 */
export class SharedStream {
  private readonly listeners = new Set<Listener>();
  private readonly stateListeners = new Set<() => void>();
  private readonly channel: BroadcastChannel | null;
  private readonly ending = new AbortController();
  private source: EventSource | null = null;
  private retryMs = FIRST_RETRY_MS;
  private retry: ReturnType<typeof setTimeout> | undefined;
  private last: number | null = null;
  private leads = false;
  private known: StreamState = "connecting";

  constructor(private readonly path: string) {
    this.channel = typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel(`pilothouse:${path}`);
    if (this.channel !== null) this.channel.onmessage = ({ data }) => this.hear(data as Note);
    this.begin();
  }

  get state(): StreamState {
    return this.known;
  }

  subscribe(listener: Listener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  subscribeState(listener: () => void): () => void {
    this.stateListeners.add(listener);
    return () => this.stateListeners.delete(listener);
  }

  /** Try again now: somebody signed in, or the network came back. */
  wake(): void {
    if (!this.leads || this.known === "live") return;
    this.retryMs = FIRST_RETRY_MS;
    this.open();
  }

  close(): void {
    this.ending.abort();
    clearTimeout(this.retry);
    this.source?.close();
    this.channel?.close();
  }

  private begin(): void {
    const locks = typeof navigator === "undefined" ? undefined : navigator.locks;
    // Without a secure context there are no locks: every tab holds its own stream then.
    if (locks === undefined || this.channel === null) {
      this.lead();
      return;
    }
    this.say("state?");
    const untilClosed = () =>
      new Promise<void>((resolve) => {
        this.ending.signal.addEventListener("abort", () => resolve());
        this.lead();
      });
    locks.request(`pilothouse:${this.path}`, { signal: this.ending.signal }, untilClosed).catch(() => undefined);
  }

  private lead(): void {
    this.leads = true;
    this.open();
  }

  private open(): void {
    clearTimeout(this.retry);
    this.source?.close();
    if (this.ending.signal.aborted) return;
    const separator = this.path.includes("?") ? "&" : "?";
    const source = new EventSource(this.last === null ? this.path : `${this.path}${separator}since=${this.last}`);
    source.onopen = () => {
      this.retryMs = FIRST_RETRY_MS;
      this.become("live");
    };
    source.onmessage = ({ data }) => this.take(JSON.parse(data as string) as HubEvent);
    source.onerror = () => {
      this.become("lost");
      source.close();
      // A crowd of browsers must not come back all at once.
      this.retry = setTimeout(() => this.open(), this.retryMs * (0.5 + Math.random()));
      this.retryMs = Math.min(this.retryMs * 2, LONGEST_RETRY_MS);
    };
    this.source = source;
  }

  private take(event: HubEvent): void {
    this.say({ event });
    this.deliver(event);
  }

  private deliver(event: HubEvent): void {
    this.last = Math.max(this.last ?? 0, event.sequence);
    for (const listener of this.listeners) listener(event);
  }

  private become(state: StreamState): void {
    if (state === this.known) return;
    this.known = state;
    if (this.leads) this.say({ state });
    for (const listener of this.stateListeners) listener();
  }

  private hear(note: Note): void {
    if (note === "state?") {
      if (this.leads) this.say({ state: this.known });
    } else if ("event" in note) this.deliver(note.event);
    else this.become(note.state);
  }

  private say(note: Note): void {
    this.channel?.postMessage(note);
  }
}
