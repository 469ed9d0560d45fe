import { asProblem } from "~/api/client";
import type { LoopStatus } from "./feed/messages";

/** One try waits so long for the robot, and this browser a little longer for the hub. */
export const TRY_S = 8;
const GIVE_UP_TRY_MS = 10_000;
const BETWEEN_TRIES_MS = 1_000;
/** A stop that comes minutes late would stop a robot that somebody has released meanwhile. */
export const TRY_FOR_MS = 60_000;

export type Confirmation = { status: LoopStatus; tookMs: number; heardAt: Date };
export type Estop =
  | { phase: "idle" }
  | { phase: "asking"; pressedAt: Date; tries: number; problem: string | null }
  | { phase: "confirmed"; pressedAt: Date; confirmation: Confirmation }
  | { phase: "unconfirmed"; pressedAt: Date; tries: number; problem: string };

type Ask = (signal: AbortSignal) => Promise<LoopStatus>;
type Wait = (ms: number) => Promise<void>;

export const idle: Estop = { phase: "idle" };

/** Whether the robot stands: the guard has latched the stop, and whatever moves the robot has taken it. */
export function isStopped(status: LoopStatus): boolean {
  return (
    status.state === "emergency" && status.emergency?.sinks_told === true && status.emergency.problems.length === 0
  );
}

/**
 * Asks for an emergency stop until the guard confirms it, or for a minute. Every step is told: a person must never think
 * that a robot stands because a button was pressed.
 */
export async function stopRobot(
  ask: Ask,
  tell: (estop: Estop) => void,
  ending: AbortSignal,
  wait: Wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  clock: () => number = () => performance.now(),
): Promise<void> {
  const pressedAt = new Date();
  const pressedMs = clock();
  let problem: string | null = null;
  for (let tries = 1; !ending.aborted; tries++) {
    tell({ phase: "asking", pressedAt, tries, problem });
    try {
      const status = await ask(AbortSignal.any([ending, AbortSignal.timeout(GIVE_UP_TRY_MS)]));
      if (isStopped(status)) {
        tell({
          phase: "confirmed",
          pressedAt,
          confirmation: { status, tookMs: clock() - pressedMs, heardAt: new Date() },
        });
        return;
      }
      problem = notTaken(status);
    } catch (error) {
      if (ending.aborted) return;
      const known = asProblem(error);
      problem = known.status === -1 ? "The hub did not answer in time." : known.detail;
      // Whoever may not, may not a second later either.
      if (known.status === 401 || known.status === 403) {
        tell({ phase: "unconfirmed", pressedAt, tries, problem });
        return;
      }
    }
    if (clock() - pressedMs > TRY_FOR_MS) {
      tell({ phase: "unconfirmed", pressedAt, tries, problem });
      return;
    }
    tell({ phase: "asking", pressedAt, tries, problem });
    await wait(BETWEEN_TRIES_MS);
  }
}

function notTaken(status: LoopStatus): string {
  if (status.emergency === null) return `The guard answered, and is ${status.state}.`;
  const { problems } = status.emergency;
  return `The guard has latched the stop, but not everything that moves the robot has taken it: ${
    problems.length === 0 ? "no answer yet" : problems.join("; ")
  }.`;
}
