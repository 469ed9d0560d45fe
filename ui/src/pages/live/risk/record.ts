import type { Cycle } from "../feed/messages";
import type { LiveSearch } from "../live-search";

/** A cycle of the risk log: the telemetry event, and what explains it later. */
export type CycleRecord = Cycle & {
  event_id: number;
  reason: string;
  layer: string | null;
  fallback: string | null;
  /** Where the joints were; absent from guards older than this page. */
  observed?: (number | null)[] | null;
  requested_gripper: number | null;
  executed_gripper: number | null;
  config_hash: string;
};

export function wantedOf({ outcome, level }: LiveSearch, limit: number): Record<string, string> {
  return {
    limit: String(limit),
    ...(outcome === undefined ? {} : { outcome }),
    ...(level === undefined ? {} : { min_risk_level: level }),
  };
}

export type JointLine = {
  name: string;
  observed: number | null | undefined;
  requested: number | null | undefined;
  executed: number | null | undefined;
  /** Whether what was sent is not what was asked for. */
  isChanged: boolean;
};

export function jointLines(record: CycleRecord, names: string[]): JointLine[] {
  const { observed, requested, executed } = record;
  const count = Math.max(observed?.length ?? 0, requested?.length ?? 0, executed?.length ?? 0);
  return Array.from({ length: count }, (_, place) => ({
    name: names[place] ?? `joint ${place}`,
    observed: observed?.[place],
    requested: requested?.[place],
    executed: executed?.[place],
    isChanged: requested?.[place] !== executed?.[place],
  }));
}
