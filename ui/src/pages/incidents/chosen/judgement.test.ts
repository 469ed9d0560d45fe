import { expect, test } from "vitest";
import { idIn, wantedOf } from "./judgement";

const EMPTY = { state: null, severity: null, cause: "", ticket: " ", why: "", original: "" };

test("what is left empty is not changed", () => {
  expect(wantedOf(EMPTY)).toBeNull();
  expect(wantedOf({ ...EMPTY, why: "because" })).toBeNull();
  expect(wantedOf({ ...EMPTY, state: "resolved", cause: " a cable ", why: "seen" })).toEqual({
    state: "resolved",
    root_cause: "a cable",
    reason: "seen",
  });
});

test("what repeats another names it, by its id or its address", () => {
  const original = "http://hub/incidents/inc_1?live=true";
  expect(wantedOf({ ...EMPTY, state: "duplicate", original, why: "same" })?.duplicate_of).toBe("inc_1");
  expect(idIn("inc_2")).toBe("inc_2");
});
