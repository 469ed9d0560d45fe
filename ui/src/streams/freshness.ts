import type { QueryClient } from "@tanstack/react-query";

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

/** Asks again for what events made old: at most once in a while per area, however many events come. */
export class Freshness {
  private readonly due = new Set<string>();
  private timer: ReturnType<typeof setTimeout> | undefined;

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

  stop(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  private flush(): void {
    this.timer = undefined;
    const areas = [...this.due];
    this.due.clear();
    for (const area of areas) void this.queries.invalidateQueries({ queryKey: [area] });
  }
}
