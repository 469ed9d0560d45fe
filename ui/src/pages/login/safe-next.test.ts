import { expect, test } from "vitest";
import { safeNext } from "./safe-next";

test.each([
  ["/incidents/inc_1?t=2", "/incidents/inc_1?t=2"],
  [undefined, "/"],
  ["//evil.example/x", "/"],
  ["/\\evil.example", "/"],
  ["https://evil.example", "/"],
  ["javascript:alert(1)", "/"],
  ["/login?next=/login", "/"],
])("%s leads to %s", (next, page) => expect(safeNext(next)).toBe(page));
