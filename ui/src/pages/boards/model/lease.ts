import { span } from "~/format/time";

const SOON_S = 120;

export type Lease = { text: string; isSoon: boolean };

/** How long an agent keeps what it claimed unless it is heard of; null for people, who keep it until they release it. */
export function leaseLeft(until: string | null, now: Date): Lease | null {
  if (until === null) return null;
  const seconds = (new Date(until).getTime() - now.getTime()) / 1_000;
  if (seconds <= 0) return { text: "lease over", isSoon: true };
  return { text: `${span(seconds)} left`, isSoon: seconds < SOON_S };
}
