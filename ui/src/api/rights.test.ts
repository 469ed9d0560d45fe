import { expect, test } from "vitest";
import { toAdminister, toTend } from "./rights";

const person = { kind: "operator" as const, scopes: [] };

test("admins and owners administer, members are told whom to ask", () => {
  const said = (["member", "admin", "owner"] as const).map((role) => toAdminister({ ...person, role }));
  expect(said).toEqual([expect.stringContaining("ask one of them"), null, null]);
});

test("a hub without credentials lets anybody tend and nobody administer", () => {
  expect(toTend(null)).toBeNull();
  expect(toAdminister(null)).toContain("Sign in");
});

test("a program may what its scopes say", () => {
  const program = { kind: "token" as const, role: null };
  expect(toTend({ ...program, scopes: ["admin"] })).toBeNull();
  expect(toTend({ ...program, scopes: ["fleet:write"] })).toContain("Only an admin");
});

test("nothing is forbidden before it is known who asks", () => expect(toAdminister(undefined)).toBeNull());
