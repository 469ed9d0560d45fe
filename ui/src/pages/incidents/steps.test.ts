import { expect, test } from "vitest";
import type { Model } from "~/api/client";
import { differences, needsReason, nextStep, safeUrl, stepsFrom } from "./steps";

test("a closed incident only opens again, with a reason", () => {
  expect(stepsFrom("resolved")).toEqual(["investigating", "open"]);
  expect(needsReason("resolved", "open")).toBe(true);
});

test("an open one becomes anything else", () => {
  expect(stepsFrom("open")).not.toContain("open");
  expect(stepsFrom("open")).toContain("wont_fix");
  expect(needsReason("open", "resolved")).toBe(false);
  expect(needsReason("open", "duplicate")).toBe(true);
});

test("the button says what comes next", () => {
  expect([nextStep("open")?.to, nextStep("investigating")?.to, nextStep("duplicate")]).toEqual([
    "investigating",
    "resolved",
    null,
  ]);
});

test("what somebody else changed is said in words", () => {
  const seen = { state: "open", severity: "low", root_cause: null } as Model<"Incident">;
  const now = { ...seen, state: "wont_fix", root_cause: "a loose cable" } as Model<"Incident">;
  expect(differences(seen, now)).toEqual(["state: open → wont fix", "root cause: none → a loose cable"]);
});

test.each([
  ["https://tickets.example/7", "https://tickets.example/7"],
  ["http://tickets.example/7", "http://tickets.example/7"],
  ["javascript:alert(1)", null],
  ["data:text/html,x", null],
  ["/relative", null],
  [null, null],
])("%s leads to %s", (url, href) => expect(safeUrl(url)).toBe(href));
