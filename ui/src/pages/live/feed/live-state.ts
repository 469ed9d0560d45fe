import {
  type Cycle,
  frameOf,
  type GuardStatus,
  type LoopStatus,
  type RelayMode,
  type RelayState,
  read,
} from "./messages";
import { CycleRing } from "./rings";

// A guard's list of guards is short; a hostile one must not fill this browser.
const MOST_NAMES = 64;

/** How one guard did while this page was open. */
export type Tally = {
  status: GuardStatus;
  clamps: number;
  rejects: number;
  /** The latest verdict that was no PASS, and when that was by the robot's clock. */
  last: { status: GuardStatus; at: Date } | null;
};

export type Camera = { jpeg: Uint8Array<ArrayBuffer>; frames: number; heardMs: number };

/** Everything the page knows of a robot that is watched. Written by messages, read by painters; bounded in every part. */
export class LiveState {
  readonly ring = new CycleRing();
  readonly cameras = new Map<string, Camera>();
  readonly guards = new Map<string, Tally>();
  cycle: Cycle | null = null;
  status: LoopStatus | null = null;
  relayMode: RelayMode | null = null;
  relay: RelayState = "waiting";
  relayDetail = "";
  heardMs = Number.NaN;
  cycleHeardMs = Number.NaN;
  received = 0;
  /** Cycles that were not plainly passed, since the page was opened. */
  notable = 0;
  /** Cycles that never came, by the gaps in their numbers. */
  missedCycles = 0;
  /** Messages, cycles and frames, that the hub left out because this browser was too slow. */
  leftOut = 0;
  /** Grows with every message: whoever painted this version is up to date. */
  version = 0;

  take(message: string | ArrayBuffer, nowMs: number): void {
    this.version += 1;
    this.heardMs = nowMs;
    if (typeof message === "string") this.hear(message, nowMs);
    else this.see(message, nowMs);
  }

  /** The guard's own answer to a command is newer than what the recorder tells once a second. */
  know(status: LoopStatus): void {
    this.version += 1;
    this.status = status;
  }

  private hear(text: string, nowMs: number): void {
    const said = read(text);
    if (said.type === "cycle") this.turn(said, nowMs);
    else if (said.type === "relay.missed") this.leftOut += said.missed;
    else if (said.type === "relay") {
      this.relay = said.state;
      this.relayDetail = said.detail;
    } else if (said.type === "recorder") {
      this.relay = said.guard === undefined && this.relay === "trouble" ? "trouble" : "connected";
      this.relayMode = said.relay ?? null;
      this.status = said.guard ?? (this.relay === "trouble" ? null : this.status);
    }
  }

  private turn(cycle: Cycle, nowMs: number): void {
    const before = this.cycle;
    if (before !== null && cycle.seq <= before.seq) {
      // Each time the robot connects it tells its last cycles again; a guard that started anew counts from 1 again.
      if (cycle.timestamp <= before.timestamp) return;
      this.guards.clear();
    } else if (before !== null) this.missedCycles += cycle.seq - before.seq - 1;
    this.cycle = cycle;
    this.relay = "connected";
    this.cycleHeardMs = nowMs;
    this.received += 1;
    if (cycle.outcome !== "pass") this.notable += 1;
    this.ring.push(cycle.timestamp * 1_000, cycle.latency_ms.total, cycle.outcome);
    for (const status of cycle.guard_statuses) this.count(status, cycle.timestamp);
  }

  private count(status: GuardStatus, timestamp: number): void {
    const key = `${status.layer} ${status.name}`;
    let tally = this.guards.get(key);
    if (tally === undefined) {
      if (this.guards.size >= MOST_NAMES) return;
      tally = { status, clamps: 0, rejects: 0, last: null };
      this.guards.set(key, tally);
    }
    tally.status = status;
    if (status.decision === "PASS") return;
    if (status.decision === "CLAMP") tally.clamps += 1;
    else tally.rejects += 1;
    tally.last = { status, at: new Date(timestamp * 1_000) };
  }

  private see(message: ArrayBuffer, nowMs: number): void {
    const frame = frameOf(message);
    if (frame === null) return;
    const camera = this.cameras.get(frame.camera);
    if (camera !== undefined) {
      camera.jpeg = frame.jpeg;
      camera.frames += 1;
      camera.heardMs = nowMs;
    } else if (this.cameras.size < MOST_NAMES) {
      this.cameras.set(frame.camera, { jpeg: frame.jpeg, frames: 1, heardMs: nowMs });
    }
  }
}
