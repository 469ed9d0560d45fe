import type { Model } from "~/api/client";

export type Robot = Model<"Robot">;
export type TopicHealth = Model<"TopicHealth">;

// A topic is quiet when ten of its own periods have passed without a message, and never sooner than this.
const PATIENCE_S = 5;
const PERIODS = 10;
export const LITTLE_DISK_BYTES = 5e9;

/** Whether messages of a topic have stopped to come; one that never had a rate is told by its age alone. */
export function isQuiet({ rate_hz, last_age_s, message_count }: TopicHealth): boolean {
  if (last_age_s === null || last_age_s === undefined) return (message_count ?? 0) === 0;
  const period = rate_hz === null || rate_hz === undefined || rate_hz <= 0 ? PATIENCE_S : 1 / rate_hz;
  return last_age_s > Math.max(PATIENCE_S, PERIODS * period);
}

/** Messages that did not stay in the robot's buffer for their time, were too large to come into it, or never arrived. */
export function lostOf({ dropped, too_large, missed }: TopicHealth): number {
  return (dropped ?? 0) + (too_large ?? 0) + (missed ?? 0);
}

export type Topics = { all: number; quiet: number; dropping: number };

export function topicsOf(robot: Pick<Robot, "heartbeat">): Topics {
  const topics = Object.values(robot.heartbeat?.topics ?? {});
  return {
    all: topics.length,
    quiet: topics.filter(isQuiet).length,
    dropping: topics.filter((one) => lostOf(one) > 0).length,
  };
}

export const GROUPS = ["silent", "stale", "healthy", "unheard", "retired"] as const;
export type Group = (typeof GROUPS)[number];

export function groupOf({ health, retired_at }: Pick<Robot, "health" | "retired_at">): Group {
  if (retired_at !== null && retired_at !== undefined) return "retired";
  return health ?? "unheard";
}

/** The worst first; within a group by what people call them. */
export function grouped(robots: Robot[]): { group: Group; robots: Robot[] }[] {
  const called = (robot: Robot) => robot.name ?? robot.robot_id;
  return GROUPS.map((group) => ({
    group,
    robots: robots
      .filter((one) => groupOf(one) === group)
      .sort((one, other) => called(one).localeCompare(called(other), undefined, { numeric: true })),
  })).filter((one) => one.robots.length > 0);
}

/** What the guard of a robot did. */
export type GuardWord = Pick<Model<"RobotRisk">, "rejected" | "clamped" | "worst_risk_level">;
