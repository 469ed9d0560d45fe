// @vitest-environment happy-dom
import { afterEach, beforeAll, expect, test } from "vitest";
import { closeOneAtATime } from "./escape";

const closed: string[] = [];
const DRAWER = '<section class="mantine-Drawer-content"><button class="mantine-Drawer-close" id="drawer">';
const DIALOG = '<section class="mantine-Modal-content"><button class="mantine-Modal-close" id="dialog">';
const KEPT = '<section class="mantine-Modal-content">';

beforeAll(() => {
  closeOneAtATime();
  // What dialogs do by themselves: each hears of it, whatever else is open.
  window.addEventListener("keydown", () => closed.push("by itself"), { capture: true });
});

afterEach(() => {
  document.body.innerHTML = "";
});

function escaped(open: string[], within = ""): string[] {
  closed.length = 0;
  document.body.innerHTML = open.map((one) => `${one}</section>`).join("") + within;
  for (const button of document.querySelectorAll("button")) button.onclick = () => closed.push(button.id);
  const target = document.querySelector("input") ?? document.body;
  target.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true }));
  return closed;
}

test("of a drawer and a dialog above it Escape closes the dialog", () => {
  expect(escaped([DRAWER, DIALOG])).toEqual(["dialog"]);
});

test("what cannot be closed by Escape keeps what lies below it, too", () => {
  expect(escaped([DRAWER, KEPT])).toEqual([]);
});

test("one alone closes by itself", () => {
  expect(escaped([DRAWER])).toEqual(["by itself"]);
});

test("an open list of choices takes Escape for itself", () => {
  expect(escaped([DRAWER, DIALOG], '<input data-mantine-stop-propagation="true">')).toEqual(["by itself"]);
});
