import { expect, test } from "vitest";
import { readinessOf } from "./readiness";

test("a hub that is ready says so of every check", () => {
  const found = readinessOf({ ok: true, checks: { database: "ok", sandbox: "isolated" } });
  expect(found.isReady).toBe(true);
  expect(found.checks.every((one) => one.works)).toBe(true);
});

test("what does not answer is named with its words", () => {
  const checks = { database: "ok", storage: "no answer within 2 s", jobs: "ok" };
  const found = readinessOf({ ok: false, detail: "storage: no answer within 2 s", code: "not_ready", checks });
  expect(found.checks.filter((one) => !one.works)).toEqual([
    { name: "storage", said: "no answer within 2 s", works: false },
  ]);
});
