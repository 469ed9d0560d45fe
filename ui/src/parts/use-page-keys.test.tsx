// @vitest-environment happy-dom
import { act } from "react";
import { createRoot } from "react-dom/client";
import { afterEach, expect, test } from "vitest";
import { usePageKeys } from "./use-page-keys";

(globalThis as { IS_REACT_ACT_ENVIRONMENT?: boolean }).IS_REACT_ACT_ENVIRONMENT = true;
const pressed: string[] = [];

function Listening() {
  usePageKeys([["j", () => pressed.push("j")]]);
  return null;
}

function press(within: string): string[] {
  pressed.length = 0;
  document.body.innerHTML = `<div id="root"></div>${within}`;
  const root = createRoot(document.getElementById("root") as HTMLElement);
  act(() => root.render(<Listening />));
  const target = document.querySelector("[data-here]") ?? document.body;
  target.dispatchEvent(new KeyboardEvent("keydown", { key: "j", code: "KeyJ", bubbles: true, cancelable: true }));
  act(() => root.unmount());
  return pressed;
}

afterEach(() => {
  document.body.innerHTML = "";
});

test.each([
  ["<button data-here>", 1],
  ['<input type="checkbox" data-here>', 1],
  ['<input type="radio" data-here>', 1],
  ['<input type="search" data-here>', 0],
  ["<textarea data-here></textarea>", 0],
  ['<div role="listbox"><div data-here></div></div>', 0],
  ['<div role="dialog"><button data-here></button></div>', 0],
  ['<button data-here></button><div role="dialog"></div>', 0],
])("in %s a key of the page counts %d times", (within, times) => expect(press(within)).toHaveLength(times));
