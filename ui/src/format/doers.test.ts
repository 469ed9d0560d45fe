import { expect, test } from "vitest";
import { doer, kindBeside } from "./doers";

test.each([
  ["operator Operator", "Operator"],
  ["system the hub itself", "the hub itself"],
  ["person Noor <b>", "Noor <b>"],
  ["agent Scout", "agent Scout"],
  ["operator", "operator"],
  ["operator ", "operator "],
])("%s is told as %s", (written, told) => expect(doer(written)).toBe(told));

test("a kind is said beside a name that does not say it", () => {
  expect(kindBeside("the hub itself", "system")).toBeNull();
  expect(kindBeside("operator", "operator")).toBeNull();
  expect(kindBeside("agent Scout", "agent")).toBeNull();
  expect(kindBeside("ci", "token")).toBe("token");
});
