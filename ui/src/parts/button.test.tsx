// @vitest-environment happy-dom
import { Button, MantineProvider } from "@mantine/core";
import { act } from "react";
import { createRoot } from "react-dom/client";
import { expect, test, vi } from "vitest";
import { theme } from "~/app/theme";

(globalThis as { IS_REACT_ACT_ENVIRONMENT?: boolean }).IS_REACT_ACT_ENVIRONMENT = true;

test("a button that is busy keeps the focus, and does nothing until it is done", () => {
  const place = document.body.appendChild(document.createElement("div"));
  const root = createRoot(place);
  const [pressed, sent] = [vi.fn(), vi.fn((event: Event) => event.preventDefault())];
  place.addEventListener("submit", sent);
  const show = (isBusy: boolean) =>
    act(() =>
      root.render(
        <MantineProvider theme={theme}>
          <form>
            <Button type="submit" loading={isBusy} onClick={pressed}>
              Save
            </Button>
          </form>
        </MantineProvider>,
      ),
    );
  show(false);
  const button = place.querySelector("button") as HTMLButtonElement;
  button.focus();
  show(true);
  expect([button.disabled, button.getAttribute("aria-disabled")]).toEqual([false, "true"]);
  expect(document.activeElement).toBe(button);
  button.click();
  expect([pressed, sent].map((one) => one.mock.calls.length)).toEqual([0, 0]);

  show(false);
  button.click();
  expect([pressed, sent].map((one) => one.mock.calls.length)).toEqual([1, 1]);
  act(() => root.unmount());
});
