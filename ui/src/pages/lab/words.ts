import { plural } from "~/format/numbers";
import { clock, span } from "~/format/time";
import type { LabCommand, LabSession } from "./queries";

const OVER = new Set(["completed", "failed", "cancelled", "expired"]);

export function isOver(state: LabSession["state"]): boolean {
  return OVER.has(state);
}

export function hasEnded(command: Pick<LabCommand, "state">): boolean {
  return command.state !== "queued" && command.state !== "running";
}

const WHY: Record<LabSession["state"], string> = {
  pending: "It waits for a worker, or for something to do.",
  preparing: "A worker checks the commit out and sets it up.",
  active: "It takes commands.",
  completed: "Its commands are done.",
  failed: "It could not go on.",
  cancelled: "Somebody ended it.",
  expired: "Its time was over.",
};

/** Why a session is as it is: in the hub's words where it gave some. */
export function whyOf(session: Pick<LabSession, "state" | "reason">): string {
  return session.reason ?? WHY[session.state];
}

/** How a command came out, in few words: `exit 1`, `signal 9`, `timeout after 60 s`. */
export function outcomeOf(command: LabCommand): string {
  if (command.state === "queued") return "waits for its turn";
  if (command.state === "running") return "runs";
  switch (command.termination_reason) {
    case "exit":
      return `exit ${command.exit_code ?? "?"}`;
    case "signal":
      return `signal ${command.signal ?? "?"}`;
    case "timeout":
      return command.timeout_s === null || command.timeout_s === undefined
        ? "took too long"
        : `took longer than ${span(command.timeout_s)}`;
    case "idle_timeout":
      return "was silent for too long";
    case "oom":
      return "out of memory";
    case "pids":
      return "too many processes";
    case "disk":
      return "disk full";
    case "setup_failed":
      return "its set-up failed";
    case undefined:
    case null:
      return command.state;
    default:
      return command.termination_reason;
  }
}

/** How long it took, or takes until now. */
export function tookOf(one: { started_at?: string | null; ended_at?: string | null }, now: Date): string | null {
  if (one.started_at === null || one.started_at === undefined) return null;
  const end = one.ended_at === null || one.ended_at === undefined ? now : new Date(one.ended_at);
  const seconds = Math.max(0, (end.getTime() - new Date(one.started_at).getTime()) / 1_000);
  return seconds < 60 ? `${seconds.toFixed(1)} s` : clock(seconds, 0);
}

/** `12 tests, 1 failed, 2 skipped`. */
export function testsOf(summary: LabSession["summary"]): string | null {
  const tests = summary?.tests;
  if (tests === null || tests === undefined) return null;
  const bad = (tests.failures ?? 0) + (tests.errors ?? 0);
  const parts = [plural(tests.tests ?? 0, "test")];
  if (bad > 0) parts.push(`${bad} failed`);
  if ((tests.skipped ?? 0) > 0) parts.push(`${tests.skipped} skipped`);
  return parts.join(", ");
}

export function coverageOf(summary: LabSession["summary"]): string | null {
  const coverage = summary?.coverage;
  return coverage === null || coverage === undefined ? null : `${(coverage.line_rate * 100).toFixed(1)} % covered`;
}

/** A commit as one says it: its first eight characters, or the branch that was asked for. */
export function commitOf(session: Pick<LabSession, "commit_sha" | "ref">): string {
  return session.commit_sha?.slice(0, 8) ?? session.ref ?? "default branch";
}
