import type { Model } from "~/api/client";

const RANKS: Record<string, number> = { critical: 0, high: 1, medium: 2, low: 3 };

/** The worst first, and of those that are as bad the one that has waited longest. */
export function byUrgency<One extends Pick<Model<"Incident">, "severity" | "opened_at">>(incidents: One[]): One[] {
  return incidents.toSorted(
    (one, other) =>
      (RANKS[one.severity] ?? 9) - (RANKS[other.severity] ?? 9) ||
      Date.parse(one.opened_at) - Date.parse(other.opened_at),
  );
}

/** What one guard refused lately. */
export type Refusing = { robotId: string; count: number; latest: Model<"RiskEvent">; boundaries: string[] };

/** By robot, whoever refused last first; what is older than `since` is over. */
export function refusing(events: Model<"RiskEvent">[], since: Date): Refusing[] {
  const robots = new Map<string, Refusing>();
  const recent = events
    .filter((event) => Date.parse(event.occurred_at) >= since.getTime())
    .toSorted((one, other) => Date.parse(other.occurred_at) - Date.parse(one.occurred_at));
  for (const event of recent) {
    const known = robots.get(event.robot_id) ?? { robotId: event.robot_id, count: 0, latest: event, boundaries: [] };
    known.count += 1;
    if (event.boundary && !known.boundaries.includes(event.boundary)) known.boundaries.push(event.boundary);
    robots.set(event.robot_id, known);
  }
  return [...robots.values()];
}
