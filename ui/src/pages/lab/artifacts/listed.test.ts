import { expect, test } from "vitest";
import type { LabArtifact, LabCommand } from "../queries";
import { cameBy, distinct, shownOf } from "./listed";

const kept = (id: string, path: string, sha256: string, command_id: string | null = null) =>
  ({ id, path, sha256, command_id }) as LabArtifact;
const FIRST = [kept("1", "junit.xml", "a", "c1"), kept("2", "plot.png", "b", "c1")];
const SECOND = [kept("3", "junit.xml", "c", "c2"), kept("4", "plot.png", "b", "c2")];

test("what was kept again as it was is listed once, and what has changed twice", () => {
  expect(distinct([...FIRST, ...SECOND]).map(({ id }) => id)).toEqual(["1", "2", "3"]);
});

test("the latest report is seen first, and what the address names before it, also a copy", () => {
  expect(shownOf([...FIRST, ...SECOND], undefined)?.id).toBe("3");
  expect(shownOf([...FIRST, ...SECOND], "4")?.id).toBe("4");
  expect(shownOf([kept("5", "core", "d")], "gone")?.id).toBe("5");
  expect(shownOf([], undefined)).toBeUndefined();
});

test("an artifact says after which command it was kept", () => {
  const commands = [{ id: "c1", argv: ["pytest", "-k", "a b"] } as LabCommand];
  expect(cameBy(kept("1", "x", "a", "c1"), commands)).toBe("after pytest -k 'a b'");
  expect(cameBy(kept("1", "x", "a", "c9"), commands)).toBe("");
  expect(cameBy(kept("1", "x", "a"), commands)).toBe("added by hand");
});
