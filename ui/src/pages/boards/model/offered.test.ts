import { expect, test } from "vitest";
import { offered } from "./offered";

const agent = { value: "agt_1", label: "pilot (agent)" };
const mara = { value: "usr_1", label: "Mara" };

test("who is chosen and found is offered once", () =>
  expect(offered([agent, mara], [mara], "")).toEqual([agent, mara]));

test("words narrow those that are known, as the hub narrowed the others", () =>
  expect(offered([agent, mara], [{ value: "usr_2", label: "Marek" }], " MAR ").map(({ label }) => label)).toEqual([
    "Mara",
    "Marek",
  ]));
