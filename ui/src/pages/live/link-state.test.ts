import { expect, test } from "vitest";
import type { LoopStatus } from "./feed/messages";
import { linkOf } from "./link-state";

const running = { state: "running" } as LoopStatus;
const paused = { state: "paused" } as LoopStatus;
const at = (cycleHeardMs: number, status = running, relay: "connected" | "gone" = "connected", heardMs = 9_900) => ({
  relay,
  status,
  cycleHeardMs,
  heardMs,
});

test.each([
  ["lost", "lost", at(9_990)],
  ["open", "live", at(9_990)],
  ["open", "gone", at(9_990, running, "gone")],
  ["open", "stuck", at(5_000)],
  ["open", "quiet", at(5_000, paused)],
  ["open", "stuck", at(5_000, paused, "connected", 1_000)],
] as const)("a socket that is %s is said to be %s", (socket, link, state) => {
  expect(linkOf(socket, state, 10_000)).toBe(link);
});
