import { expect, test } from "vitest";
import { grouped, isQuiet, type Robot, topicsOf } from "./robots";

const topic = (more: object) => ({
  message_count: 10,
  dropped: 0,
  thinned: 0,
  too_large: 0,
  missed: 0,
  rate_hz: 10,
  last_age_s: 0.1,
  ...more,
});
const robot = (robot_id: string, more: object = {}) => ({ robot_id, health: "healthy", ...more }) as unknown as Robot;

test.each([
  [{}, false],
  [{ last_age_s: 4 }, false],
  [{ last_age_s: 6 }, true],
  [{ rate_hz: 0.1, last_age_s: 60 }, false],
  [{ rate_hz: 0.1, last_age_s: 120 }, true],
  [{ rate_hz: null, last_age_s: null, message_count: 0 }, true],
  [{ rate_hz: 0, last_age_s: 51 }, true],
])("a topic of %o is quiet: %s", (more, quiet) => expect(isQuiet(topic(more))).toBe(quiet));

test("the troubled come first, and names are sorted as people count", () => {
  const groups = grouped([
    robot("amr-10"),
    robot("amr-9"),
    robot("amr-2", { health: "silent" }),
    robot("gone", { health: null, retired_at: "2026-01-01T00:00:00Z" }),
    robot("new", { health: null }),
  ]);
  expect(groups.map(({ group, robots }) => [group, robots.map((one) => one.robot_id)])).toEqual([
    ["silent", ["amr-2"]],
    ["healthy", ["amr-9", "amr-10"]],
    ["unheard", ["new"]],
    ["retired", ["gone"]],
  ]);
});

test("topics are counted, the quiet and the dropping ones too", () => {
  const heartbeat = {
    topics: {
      a: topic({}),
      b: topic({ last_age_s: 99 }),
      c: topic({ dropped: 3 }),
      d: topic({ too_large: 1 }),
      e: topic({ missed: 1 }),
    },
  };
  expect(topicsOf({ heartbeat } as never)).toEqual({ all: 5, quiet: 1, dropping: 3 });
});
