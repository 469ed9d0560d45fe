/** What comes over the live WebSocket of a robot: its guard's cycles and frames as they are, and words of the relay. */

export type Decision = "PASS" | "CLAMP" | "REJECT" | "FAULT";
export type RiskLevel = "NORMAL" | "ELEVATED" | "CRITICAL" | "EMERGENCY";
export type Outcome = "pass" | "clamp" | "reject";
export type Stages = { source: number; policy: number; guards: number; sink: number; total: number };

export type GuardStatus = {
  name: string;
  layer: string;
  decision: Decision;
  reason: string;
  boundary: string | null;
  mode: string;
};

export type Cycle = {
  type: "cycle";
  seq: number;
  missed?: number | null;
  cycle_id: number;
  trace_id: string;
  risk_level: RiskLevel;
  fallback_triggered: string | null;
  latency_ms: { obs: number; policy: number; validate: number; sink: number; total: number };
  guard_statuses: GuardStatus[];
  active_task: string | null;
  active_boundaries: string[];
  active_cameras: string[];
  timestamp: number;
  decision: Decision;
  outcome: Outcome;
  boundary: string | null;
  reasons: string[];
  failure_type: string | null;
  mode: string;
  session_id: string;
  requested: (number | null)[] | null;
  executed: number[] | null;
  perf?: {
    stages: Stages;
    layers: Record<string, number>;
    guards: Record<string, number>;
    deadline_ms: number;
    slack_ms: number;
  };
};

export type Joint = { name: string; unit: "rad" | "m"; lower: number | null; upper: number | null };

/** What a guard answers to every question under `/api/control`. */
export type LoopStatus = {
  state: "idle" | "running" | "paused" | "stopped" | "emergency";
  possible: string[];
  active_task: string | null;
  active_boundaries: string[];
  active_fallback: string | null;
  available_tasks: string[];
  session_id: string | null;
  cycle_count: number;
  cycle_budget_ms: number;
  control_frequency_hz: number;
  mode: string;
  /** Absent from guards older than this page. */
  joints?: Joint[];
  config_version: number;
  emergency: { source: string; reason: string; timestamp: number; sinks_told: boolean; problems: string[] } | null;
  timing: { cycles: number; deadline_misses: number; overruns: number; late_policies: number; jitter_max_ms: number };
};

export type RelayState = "waiting" | "connected" | "trouble" | "gone";
export type RelayMode = "off" | "watch" | "control";

export type Said =
  | Cycle
  | { type: "relay"; state: RelayState; detail: string }
  | { type: "relay.missed"; missed: number }
  | { type: "recorder"; relay?: RelayMode; guard?: LoopStatus }
  | { type: "other" };

/** One text message; what this page does not know, or what is no JSON, is `other`. */
export function read(text: string): Said {
  try {
    const said = JSON.parse(text) as Said;
    return typeof said === "object" && said !== null && KNOWN.has(said.type) ? said : { type: "other" };
  } catch {
    return { type: "other" };
  }
}

const KNOWN: ReadonlySet<string> = new Set(["cycle", "relay", "relay.missed", "recorder"]);
const MAGIC = 0x01;
const decoder = new TextDecoder();

/** A camera's frame: 0x01, the length of the name, the name, a JPEG. Null for what is none. */
export function frameOf(message: ArrayBuffer): { camera: string; jpeg: Uint8Array<ArrayBuffer> } | null {
  const bytes = new Uint8Array(message);
  const length = bytes[1];
  if (bytes[0] !== MAGIC || length === undefined || bytes.length <= 2 + length) return null;
  return { camera: decoder.decode(bytes.subarray(2, 2 + length)), jpeg: bytes.subarray(2 + length) };
}
