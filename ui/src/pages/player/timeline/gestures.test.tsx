// @vitest-environment happy-dom
// @vitest-environment happy-dom
import { act, useRef } from "react";
import { createRoot } from "react-dom/client";
import { expect, test } from "vitest";
import { Player } from "../model/player";
import { usePinch, useWheel } from "./gestures";

(globalThis as { IS_REACT_ACT_ENVIRONMENT?: boolean }).IS_REACT_ACT_ENVIRONMENT = true;

function Stack({ player }: { player: Player }) {
  const element = useRef<HTMLDivElement>(null);
  useWheel(element, player);
  usePinch(element, player);
  return (
    <div ref={element}>
      <div data-scrub />
      <button type="button">plot</button>
    </div>
  );
}

/** A timeline of 100 s on 1000 px; the layout is told, for there is none here. */
async function drawn(): Promise<{ player: Player; stack: HTMLElement; end: () => Promise<void> }> {
  const player = new Player(100, { cursor: 50 });
  const host = document.body.appendChild(document.createElement("div"));
  const root = createRoot(host);
  await act(async () => root.render(<Stack player={player} />));
  const stack = host.firstElementChild as HTMLElement;
  stack.getBoundingClientRect = () => new DOMRect(0, 0, 1_000, 100);
  const end = async () => {
    await act(async () => root.unmount());
    host.remove();
  };
  return { player, stack, end };
}

type Turn = { deltaX?: number; deltaY?: number; clientX: number; ctrlKey?: boolean };

/** Whether the timeline took the turn of the wheel for itself. */
const turn = (over: Element, how: Turn) => {
  const event = new Event("wheel", { bubbles: true, cancelable: true });
  over.dispatchEvent(Object.assign(event, { deltaX: 0, deltaY: 0, deltaMode: 0, ctrlKey: false, ...how }));
  return event.defaultPrevented;
};

test("the wheel zooms over the ruler, where the pointer is", async () => {
  const { player, stack, end } = await drawn();
  const ruler = stack.querySelector("[data-scrub]") as Element;
  expect(turn(ruler, { deltaY: -300, clientX: 200 })).toBe(true);
  const { view } = player.state;
  expect(view.to - view.from).toBeLessThan(60);
  expect((20 - view.from) / (view.to - view.from)).toBeCloseTo(0.2);
  turn(ruler, { deltaX: 200, clientX: 200 });
  expect(player.state.view.from).toBeGreaterThan(view.from);
  await end();
});

test("over the plots the page scrolls, unless Ctrl or the focus says that the timeline is meant", async () => {
  const { player, stack, end } = await drawn();
  const plot = stack.querySelector("button") as HTMLButtonElement;
  expect(turn(plot, { deltaY: -300, clientX: 200 })).toBe(false);
  expect(player.state.view).toEqual({ from: 0, to: 100 });
  expect(turn(plot, { deltaY: -30, clientX: 200, ctrlKey: true })).toBe(true);
  expect(player.state.view.to).toBeLessThan(100);
  player.showAll();
  plot.focus();
  expect(turn(plot, { deltaY: -300, clientX: 200 })).toBe(true);
  await end();
});

test("two fingers keep the times that are under them", async () => {
  const { player, stack, end } = await drawn();
  const finger = (target: EventTarget, type: string, pointerId: number, clientX: number) => {
    target.dispatchEvent(new PointerEvent(type, { pointerId, clientX, pointerType: "touch", bubbles: true }));
  };
  finger(stack, "pointerdown", 1, 400);
  finger(stack, "pointerdown", 2, 600);
  finger(window, "pointermove", 1, 300);
  finger(window, "pointermove", 2, 700);
  expect(player.state.view.from).toBeCloseTo(25);
  expect(player.state.view.to).toBeCloseTo(75);
  finger(window, "pointerup", 2, 700);
  finger(window, "pointermove", 1, 100);
  expect(player.state.view.from).toBeCloseTo(25);
  await end();
});
