import { expect, test } from "vitest";
import { incidentListSearch, incidentView, isNarrowed, listOf } from "./search";

const there = (search: object) => Object.fromEntries(Object.entries(search).filter(([, value]) => value !== undefined));

test("an address opens the same incident at the same moment, with what was being judged", () => {
  const address = { recording: "r1", t: 12.5, from: 10, to: 15, event: "e1", become: "duplicate", of: "inc_2" };
  expect(there(incidentView({ ...address, show: "work", newest: true, q: "wind" }))).toEqual({
    ...address,
    show: "work",
    newest: true,
    q: "wind",
  });
});

test("whatever stands in the address, the page gets what it can use", () => {
  expect(there(incidentView({ t: "late", show: "nothing", become: "gone", page: -1, severity: "loud" }))).toEqual({});
  expect(there(incidentListSearch({ since: "yesterday", until: "2026-03-02", order: "size", judge: "true" }))).toEqual({
    until: "2026-03-02",
    judge: true,
  });
});

test("days narrow the list; its order, its page and what is open above it do not", () => {
  expect(isNarrowed(incidentListSearch({ since: "2026-03-01" }))).toBe(true);
  expect(isNarrowed(incidentListSearch({ order: "urgency", page: 3, report: true }))).toBe(false);
  expect(there(listOf(incidentView({ order: "urgency", since: "2026-03-01", t: 3 })))).toEqual({
    order: "urgency",
    since: "2026-03-01",
  });
});
