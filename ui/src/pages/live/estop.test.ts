import { expect, test } from "vitest";
import { Problem } from "~/api/problem";
import { type Estop, stopRobot, TRY_FOR_MS } from "./estop";
import { isEstopKey } from "./estop-button";
import type { LoopStatus } from "./feed/messages";

function status(state: LoopStatus["state"], more: Partial<NonNullable<LoopStatus["emergency"]>> = {}): LoopStatus {
  const emergency = { source: "rest", reason: "asked", timestamp: 1, sinks_told: true, problems: [], ...more };
  return { state, emergency: state === "emergency" ? emergency : null } as unknown as LoopStatus;
}

async function pressed(answers: (LoopStatus | Error)[]): Promise<Estop[]> {
  const told: Estop[] = [];
  let nowMs = 0;
  const ask = async () => {
    const answer = answers.length > 1 ? answers.shift() : answers[0];
    if (answer instanceof Error) throw answer;
    return answer as LoopStatus;
  };
  const wait = async () => {
    nowMs += 1_000;
  };
  await stopRobot(
    ask,
    (estop) => told.push(estop),
    new AbortController().signal,
    wait,
    () => nowMs,
  );
  return told;
}

test("a stop is confirmed when the guard has latched it and everything that moves has taken it", async () => {
  const told = await pressed([status("emergency")]);
  expect(told.map((one) => one.phase)).toEqual(["asking", "confirmed"]);
});

test.each([
  [{ sinks_told: false }, "no answer yet"],
  [{ problems: ["arm: hangs"] }, "arm: hangs"],
])("a latch that not every sink has taken, %o, confirms nothing, and is asked again", async (more, said) => {
  const told = await pressed([status("emergency", more), status("emergency")]);
  expect(told.map((one) => one.phase)).toEqual(["asking", "asking", "asking", "confirmed"]);
  expect(told[1]).toMatchObject({ problem: expect.stringContaining(said) });
});

test("a guard that answers and is not stopped confirms nothing", async () => {
  const told = await pressed([status("running"), status("emergency")]);
  expect(told[1]).toMatchObject({ problem: "The guard answered, and is running." });
});

test("a lost network is told at once and tried again until it comes back", async () => {
  const lost = new Problem(0, "unreachable", "The hub cannot be reached.", null);
  const told = await pressed([lost, lost, status("emergency")]);
  expect(told.filter((one) => one.phase === "asking" && one.problem !== null)).toHaveLength(4);
  expect(told.at(-1)).toMatchObject({ phase: "confirmed", confirmation: { tookMs: 2_000 } });
});

test("after a minute it gives up loudly, so that no stop comes when nobody expects it", async () => {
  const told = await pressed([new Problem(503, "robot_not_connected", "It did not connect.", null)]);
  expect(told.at(-1)).toMatchObject({ phase: "unconfirmed", problem: "It did not connect." });
  expect(told.filter((one) => one.phase === "asking").length / 2).toBeGreaterThanOrEqual(TRY_FOR_MS / 1_000);
});

test("whoever may not stop it hears that at once", async () => {
  const told = await pressed([new Problem(403, "forbidden", "Operators only.", null)]);
  expect(told.map((one) => one.phase)).toEqual(["asking", "unconfirmed"]);
});

test.each([
  [{ key: "Pause", ctrlKey: false, metaKey: false }, true],
  [{ key: ".", ctrlKey: true, metaKey: false }, true],
  [{ key: ".", ctrlKey: false, metaKey: true }, true],
  [{ key: ".", ctrlKey: false, metaKey: false }, false],
  [{ key: "Enter", ctrlKey: true, metaKey: false }, false],
])("%o stops: %s", (event, stops) => expect(isEstopKey(event)).toBe(stops));
