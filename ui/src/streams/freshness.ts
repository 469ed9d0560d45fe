import type { Query, QueryClient } from "@tanstack/react-query";

/**
 * Which answers an event makes old, by the first parts of their query keys. The first part of a key is the area, so
 * that a page needs no code of its own to stay current.
 */
const AREAS: Record<string, string[]> = {
  incident: ["incidents", "dashboard"],
  risk: ["risk-events"],
  recording: ["recordings", "dashboard"],
  annotation: ["recordings"],
  robot: ["robots", "dashboard"],
  notification: ["notifications"],
  delivery: ["notifications", "webhooks"],
  backtest: ["backtests"],
  repair: ["recordings"],
  session: ["lab"],
  command: ["lab"],
  batch: ["lab"],
  lab: ["lab"],
  board: ["boards"],
  group: ["boards"],
  tag: ["boards"],
  field: ["boards"],
  task: ["boards", "tasks", "incidents", "dashboard"],
  comment: ["boards", "tasks", "incidents"],
  approval: ["boards", "approvals", "incidents", "dashboard"],
  memory: ["memory"],
  agent: ["agents", "boards"],
  webhook: ["webhooks"],
  subscription: ["webhooks"],
  rule: ["boards"],
  member: ["members"],
  invite: ["members"],
  token: ["tokens"],
};

export function areasOf(kind: string): string[] {
  const area = kind.split(".", 1)[0] ?? "";
  return AREAS[area] ?? [area];
}

const EVENT_AREAS = new Set(Object.values(AREAS).flat());
const ANSWERED_MS = 1_500;

function isOfEvents({ queryKey: [area] }: Query): boolean {
  return typeof area === "string" && EVENT_AREAS.has(area);
}

/** Asks again for what events made old: at most once in a while per area, however many events come. */
export class Freshness {
  private readonly due = new Set<string>();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private later: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly queries: Pick<QueryClient, "invalidateQueries">,
    private readonly everyMs = 700,
  ) {}

  note(kind: string): void {
    for (const area of areasOf(kind)) this.due.add(area);
    this.timer ??= setTimeout(() => this.flush(), this.everyMs);
  }

  /** Events may have been missed: everything on the page is asked for again. */
  everything(): void {
    this.due.clear();
    void this.queries.invalidateQueries();
  }

  /**
   * Events come from now on: what was asked for before may be older than the first of them. What is still being
   * answered at this moment is asked for once more when it should be here.
   */
  began(): void {
    void this.queries.invalidateQueries({ predicate: (query) => isOfEvents(query) && query.state.dataUpdatedAt > 0 });
    const pending = new Set<string>();
    const isPending = (query: Query) => {
      if (isOfEvents(query) && query.state.fetchStatus === "fetching") pending.add(query.queryHash);
      return false;
    };
    void this.queries.invalidateQueries({ predicate: isPending });
    this.later = setTimeout(() => {
      void this.queries.invalidateQueries({ predicate: (query) => pending.has(query.queryHash) });
    }, ANSWERED_MS);
  }

  stop(): void {
    clearTimeout(this.timer);
    clearTimeout(this.later);
    this.timer = undefined;
  }

  private flush(): void {
    this.timer = undefined;
    const areas = [...this.due];
    this.due.clear();
    for (const area of areas) void this.queries.invalidateQueries({ queryKey: [area] });
  }
}
