import { expect, test } from "vitest";
import type { Model } from "~/api/client";
import { happenings, outcome, triggerWords } from "./happenings";
import type { Entry } from "./queries";

function entry(id: number, kind: string, facts: Record<string, unknown>, more: Partial<Entry> = {}): Entry {
  const at = `2026-03-02T10:00:${String(id).padStart(2, "0")}Z`;
  return {
    id,
    kind,
    subject: null,
    occurred_at: at,
    recorded_at: at,
    actor: "trigger",
    facts,
    untrusted: true,
    ...more,
  };
}

const trigger = { rule: "overspeed", topic: "/speed", field: "data", value: 9.0123, op: "gt", threshold: 9 };

test("a trigger says what was measured against what", () => {
  expect(triggerWords(trigger)).toBe("/speed.data was 9.012, the rule fires at > 9");
  expect(triggerWords({ rule: "stuck", value: null })).toBe("rule stuck");
  expect(triggerWords(null)).toBe("");
});

test("each kind of entry is said in words, in order of time", () => {
  const lines = happenings([
    entry(3, "changed", { changes: { state: ["open", "wont_fix"], root_cause: [null, "wind"] }, reason: "known" }),
    entry(1, "recording", { label: "too fast", trigger }, { subject: "ada_1" }),
    entry(2, "risk_event", {
      outcomes: { clamp: 13, reject: 2 },
      worst_risk_level: "EMERGENCY",
      latest: { boundary: "workspace", reason: "left its box" },
    }),
  ]);
  expect(lines.map((one) => [one.what, one.details])).toEqual([
    ["Recording", ["too fast", "/speed.data was 9.012, the rule fires at > 9"]],
    ["Guard: clamp 13, reject 2 at workspace (emergency)", ["left its box"]],
    ["Changed", ["state: open → wont fix", "root cause: none → wind", "because: known"]],
  ]);
  expect(lines[0]?.goal).toEqual({ to: "recording", id: "ada_1" });
});

test("what a guard reports in a row is one line, until something else happens", () => {
  const report = (id: number, outcome: string, boundary: string, level: string) =>
    entry(id, "risk_event", {
      outcomes: { [outcome]: id },
      worst_risk_level: level,
      latest: { boundary, reason: `${boundary} ${id}` },
    });
  const lines = happenings([
    report(1, "clamp", "speed", "ELEVATED"),
    report(2, "reject", "speed", "CRITICAL"),
    report(3, "clamp", "limits", "NORMAL"),
    entry(4, "note", { body: "I see it" }),
    report(5, "reject", "speed", "CRITICAL"),
    entry(6, "risk_event", { further: "counted" }),
  ]);
  expect(lines.map((one) => [one.key.slice(-1), one.what, one.details, one.report?.count])).toEqual([
    ["1", "Guard: clamp 4, reject 2 at speed, limits (critical)", ["limits 3"], 3],
    ["4", "Note", ["I see it"], undefined],
    ["5", "Guard: reject 5 at speed (critical)", ["speed 5"], 1],
    ["6", "Further reports of the guard are counted, not listed", [], undefined],
  ]);
  expect(lines[0]?.report?.until).toBe("2026-03-02T10:00:03Z");
});

test("an alert says its name, its words and its labels", () => {
  const facts = { labels: { alertname: "Hot", robot: "ada" }, annotations: { summary: "too hot" } };
  expect(happenings([entry(1, "alert", facts)])[0]).toMatchObject({
    what: "Alert Hot fires",
    details: ["too hot", "robot=ada"],
  });
});

test("facts of any shape break nothing", () => {
  for (const kind of [
    "opened",
    "recording",
    "risk_event",
    "alert",
    "changed",
    "note",
    "task",
    "lab_session",
    "later",
  ]) {
    for (const facts of [{}, { changes: 7, labels: [], latest: "x", trigger: "y", reason: 4 }]) {
      expect(happenings([entry(1, kind, facts)])).toHaveLength(1);
    }
  }
});

test("comments, decisions and results of sessions stand between the entries", () => {
  const comment = {
    id: "c1",
    task_id: "t1",
    body: "it is the wind",
    made_by_kind: "worker",
    made_by_name: "Tessa",
    created_at: "2026-03-02T10:00:02Z",
  } as Model<"Comment">;
  const session = {
    id: "ses_1",
    state: "completed",
    created_by: "Tessa",
    ended_at: "2026-03-02T10:00:04Z",
    summary: { tests: { tests: 4, failures: 1, errors: 1, skipped: 0, time_s: 1, failed: ["test_a"] } },
  } as unknown as Model<"LabSession">;
  const lines = happenings([entry(1, "opened", {}), entry(3, "note", { body: "looked" })], {
    comments: [{ boardId: "b", comment }],
    sessions: [session],
  });
  expect(lines.map((one) => one.what)).toEqual([
    "Opened",
    "Comment of an agent",
    "Note",
    "Debug session ended: 2 of 4 tests failed",
  ]);
  const known = { comments: [{ boardId: "b", comment }], sessions: [session] };
  const first = happenings([entry(1, "opened", {})], known, "2026-03-02T10:00:03Z");
  expect(first.map((one) => one.what)).toEqual(["Opened", "Comment of an agent"]);
  expect(outcome({ ...session, summary: {}, reason: "unknown commit" } as Model<"LabSession">)).toBe("unknown commit");
});
