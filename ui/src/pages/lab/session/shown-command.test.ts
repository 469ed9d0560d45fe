import { expect, test } from "vitest";
import type { LabCommand } from "../queries";
import { shownCommand } from "./shown-command";

const commands = (...states: LabCommand["state"][]) =>
  states.map((state, place) => ({ id: `c${place}`, state }) as LabCommand);

test.each([
  [commands("failed", "succeeded"), "c1", true, "c1"],
  [commands("failed", "succeeded"), undefined, true, "c0"],
  [commands("failed", "succeeded"), undefined, false, "c1"],
  [commands("succeeded", "running", "queued"), undefined, false, "c1"],
  [commands("succeeded", "queued"), "gone", false, "c0"],
  [commands("queued", "queued"), undefined, false, "c1"],
  [[], undefined, true, undefined],
])("of %j, asked for %s, one sees %s %s", (all, named, hasFailed, seen) =>
  expect(shownCommand(all, named, hasFailed)?.id).toBe(seen),
);
