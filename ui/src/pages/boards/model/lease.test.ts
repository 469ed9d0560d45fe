import { expect, test } from "vitest";
import { leaseLeft } from "./lease";

const now = new Date("2026-03-02T12:00:00Z");

test.each([
  [null, null],
  ["2026-03-02T12:09:30Z", { text: "9 min left", isSoon: false }],
  ["2026-03-02T12:01:00Z", { text: "1 min left", isSoon: true }],
  ["2026-03-02T11:59:59Z", { text: "lease over", isSoon: true }],
])("until %s", (until, left) => expect(leaseLeft(until, now)).toEqual(left));
