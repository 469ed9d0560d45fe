import { expect, test } from "vitest";
import { LiveState } from "./live-state";

function cycle(seq: number, more: object = {}): string {
  return JSON.stringify({
    type: "cycle",
    seq,
    timestamp: 1_000 + seq / 50,
    outcome: "pass",
    latency_ms: { obs: 0, policy: 0, validate: 0, sink: 0, total: 2 },
    guard_statuses: [],
    ...more,
  });
}

function heard(...messages: (string | ArrayBuffer)[]): LiveState {
  const state = new LiveState();
  for (const [place, message] of messages.entries()) state.take(message, 20 * place);
  return state;
}

test("gaps in the numbers of cycles are what this page missed", () => {
  const state = heard(cycle(7), cycle(8), cycle(12));
  expect([state.received, state.missedCycles]).toEqual([3, 3]);
});

test("cycles that are told again when the robot connects anew count once", () => {
  const state = heard(cycle(7), cycle(8), cycle(7), cycle(8), cycle(9));
  expect([state.received, state.missedCycles, state.ring.length]).toEqual([3, 0, 3]);
});

test("a guard that started anew counts from the beginning, and nothing is missed", () => {
  const state = heard(cycle(900), cycle(1, { timestamp: 5_000 }), cycle(2, { timestamp: 5_001 }));
  expect([state.received, state.missedCycles]).toEqual([3, 0]);
});

test("what the hub left out for this browser is counted", () => {
  const state = heard('{"type":"relay.missed","missed":12}', '{"type":"relay.missed","missed":3}');
  expect(state.leftOut).toBe(15);
});

test("each guard keeps its verdict and the latest that was no pass", () => {
  const guard = { name: "MotionGuard", layer: "L1", reason: "", boundary: null, mode: "enforce" };
  const state = heard(
    cycle(1, { outcome: "clamp", guard_statuses: [{ ...guard, decision: "CLAMP", reason: "too fast" }] }),
    cycle(2, { guard_statuses: [{ ...guard, decision: "PASS" }] }),
  );
  const tally = state.guards.get("L1 MotionGuard");
  expect([tally?.status.decision, tally?.clamps, tally?.last?.status.reason]).toEqual(["PASS", 1, "too fast"]);
  expect(state.notable).toBe(1);
});

test("a camera keeps its newest frame alone", () => {
  const frame = (last: number) => new Uint8Array([1, 3, 116, 111, 112, 255, 216, last]).buffer;
  const state = heard(frame(1), frame(2));
  expect([state.cameras.size, state.cameras.get("top")?.frames]).toEqual([1, 2]);
  expect([...(state.cameras.get("top")?.jpeg ?? [])]).toEqual([255, 216, 2]);
});

test("messages that are nothing change nothing", () => {
  const state = heard(
    "no json",
    '{"type":"news"}',
    new Uint8Array([2, 1, 1]).buffer,
    new Uint8Array([1, 200, 1]).buffer,
  );
  expect([state.received, state.cameras.size, state.relay]).toEqual([0, 0, "waiting"]);
});

test("a guard that nobody can reach is trouble until the recorder tells of it again", () => {
  const state = heard('{"type":"relay","state":"trouble","detail":"refused"}', '{"type":"recorder"}');
  expect(state.relay).toBe("trouble");
  state.take('{"type":"recorder","guard":{"state":"idle"},"relay":"watch"}', 100);
  expect([state.relay, state.status?.state, state.relayMode]).toEqual(["connected", "idle", "watch"]);
});

test("a hundred thousand cycles take as much room as some", () => {
  const state = new LiveState();
  for (let seq = 1; seq <= 100_000; seq++) state.take(cycle(seq), seq);
  expect([state.received, state.ring.length, state.ring.at(state.ring.length - 1)]).toEqual([
    100_000,
    4_096,
    (1_000 + 100_000 / 50) * 1_000,
  ]);
});
