import { expect, test } from "vitest";
import { Problem } from "~/api/problem";
import { each, type Outcome, tally } from "./each";

test("what fails for one does not keep the others from their turn", async () => {
  const told: Outcome[][] = [];
  const outcomes = await each(
    ["a", "b", "c", "d", "e", "f"],
    async (id) => {
      if (id === "b") throw new Problem(409, "recording_pinned", "It is pinned.", "req_1");
      return "pinned";
    },
    (now) => told.push(now),
  );
  expect(outcomes.map(({ id, state }) => `${id} ${state}`)).toEqual([
    "a done",
    "b failed",
    "c done",
    "d done",
    "e done",
    "f done",
  ]);
  expect(outcomes[1]?.words).toBe("It is pinned.");
  expect(tally(outcomes)).toBe("5 done, 1 failed");
  expect(tally(told[0] ?? [])).toBe("0 done, 6 to go");
});

test("no more than four are asked for at once", async () => {
  let now = 0;
  let most = 0;
  await each(
    Array.from({ length: 20 }, (_, at) => `r${at}`),
    async () => {
      now += 1;
      most = Math.max(most, now);
      await Promise.resolve();
      now -= 1;
      return "";
    },
    () => undefined,
  );
  expect(most).toBeLessThanOrEqual(4);
});
