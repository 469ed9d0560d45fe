import { type PointerEvent as ReactPointerEvent, type RefObject, useEffect, useRef } from "react";
import type { Player } from "../model/player";
import { lengthOf, toTime } from "../model/window";

// How much one notch of a wheel (about 100 px) zooms.
const ZOOM_PER_PX = 0.0022;
const LINE_PX = 16;

/** The area of the times within the stack: what lies to the right of the labels. */
function areaOf(stack: HTMLElement): { left: number; width: number } {
  const rect = stack.getBoundingClientRect();
  const style = getComputedStyle(stack);
  const gutter = Number.parseFloat(style.getPropertyValue("--gutter")) || 0;
  const edge = Number.parseFloat(style.getPropertyValue("--edge")) || 0;
  return { left: rect.left + gutter, width: Math.max(rect.width - gutter - edge, 1) };
}

export function timeUnder(stack: HTMLElement, player: Player, clientX: number): number {
  const { left, width } = areaOf(stack);
  return toTime(player.state.view, width, clientX - left);
}

/**
 * The wheel zooms where the pointer is, sideways it pans. Over the plots it does so only with Ctrl, as a pinch on a
 * touchpad sends it, or while the timeline has the focus: a page must not catch whoever scrolls over it.
 */
export function useWheel(stack: RefObject<HTMLElement | null>, player: Player): void {
  useEffect(() => {
    const element = stack.current;
    if (element === null) return;
    const turn = (event: WheelEvent) => {
      const isOverScrubber = event.target instanceof Element && event.target.closest("[data-scrub]") !== null;
      const isMeant = event.ctrlKey || event.metaKey || isOverScrubber || element.contains(document.activeElement);
      if (!isMeant) return;
      event.preventDefault();
      const scale = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? LINE_PX : 1;
      const sideways = event.shiftKey ? event.deltaY || event.deltaX : event.deltaX;
      if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
        player.pan((sideways * scale) / areaOf(element).width);
        return;
      }
      const strength = event.ctrlKey ? 4 : 1;
      const factor = Math.exp(-event.deltaY * scale * ZOOM_PER_PX * strength);
      player.zoom(factor, timeUnder(element, player, event.clientX));
    };
    element.addEventListener("wheel", turn, { passive: false });
    return () => element.removeEventListener("wheel", turn);
  }, [stack, player]);
}

/** Two fingers zoom and pan. */
export function usePinch(stack: RefObject<HTMLElement | null>, player: Player): void {
  useEffect(() => {
    const element = stack.current;
    if (element === null) return;
    const fingers = new Map<number, number>();
    let begun: { times: [number, number] } | null = null;
    const down = (event: PointerEvent) => {
      if (event.pointerType !== "touch") return;
      fingers.set(event.pointerId, event.clientX);
      if (fingers.size !== 2) return;
      const [one, other] = [...fingers.values()].sort((left, right) => left - right);
      begun = { times: [timeUnder(element, player, one ?? 0), timeUnder(element, player, other ?? 0)] };
    };
    const move = (event: PointerEvent) => {
      if (!fingers.has(event.pointerId)) return;
      fingers.set(event.pointerId, event.clientX);
      if (begun === null || fingers.size !== 2) return;
      const { left, width } = areaOf(element);
      const [one = 0, other = 0] = [...fingers.values()].sort((a, b) => a - b).map((x) => x - left);
      const [first, second] = begun.times;
      // The two times that were under the fingers stay under them.
      const perPx = (second - first) / Math.max(other - one, 8);
      const from = first - one * perPx;
      player.show({ from, to: from + perPx * width });
    };
    const up = (event: PointerEvent) => {
      fingers.delete(event.pointerId);
      begun = null;
    };
    const options = { passive: true };
    element.addEventListener("pointerdown", down, options);
    window.addEventListener("pointermove", move, options);
    window.addEventListener("pointerup", up, options);
    window.addEventListener("pointercancel", up, options);
    return () => {
      element.removeEventListener("pointerdown", down);
      window.removeEventListener("pointermove", move);
      window.removeEventListener("pointerup", up);
      window.removeEventListener("pointercancel", up);
    };
  }, [stack, player]);
}

type Drag = {
  onPointerDown: (event: ReactPointerEvent<HTMLElement>) => void;
  onPointerMove: (event: ReactPointerEvent<HTMLElement>) => void;
  onPointerUp: (event: ReactPointerEvent<HTMLElement>) => void;
  onPointerCancel: (event: ReactPointerEvent<HTMLElement>) => void;
};

/** Dragging moves the cursor; with Shift it draws a span. */
export function useScrub(stack: RefObject<HTMLElement | null>, player: Player): Drag {
  const begun = useRef<{ pointer: number; at: number; selects: boolean } | null>(null);
  const at = (event: ReactPointerEvent) =>
    stack.current === null ? 0 : timeUnder(stack.current, player, event.clientX);
  const end = () => {
    begun.current = null;
  };
  return {
    onPointerDown: (event) => {
      const isOnMark = event.target instanceof Element && event.target.closest("button") !== null;
      if (event.button !== 0 || isOnMark || !event.isPrimary) return;
      event.currentTarget.setPointerCapture(event.pointerId);
      begun.current = { pointer: event.pointerId, at: at(event), selects: event.shiftKey };
      if (!event.shiftKey) player.seek(at(event));
    },
    onPointerMove: (event) => {
      const drag = begun.current;
      if (drag === null || drag.pointer !== event.pointerId) return;
      if (drag.selects) player.select(drag.at, at(event));
      else {
        const { view } = player.state;
        // The window stands still under the hand that scrubs in it.
        player.seek(Math.min(Math.max(at(event), view.from), view.to));
      }
    },
    onPointerUp: end,
    onPointerCancel: end,
  };
}

/** Dragging in the overview moves the window. */
export function useBrush(player: Player): Drag {
  const begun = useRef<{ pointer: number; grip: number; width: number; left: number } | null>(null);
  const end = () => {
    begun.current = null;
  };
  const moveTo = (clientX: number) => {
    const drag = begun.current;
    if (drag === null) return;
    const { durationS, view } = player.state;
    const from = ((clientX - drag.left) / drag.width) * durationS - drag.grip;
    player.show({ from, to: from + lengthOf(view) });
  };
  return {
    onPointerDown: (event) => {
      if (event.button !== 0) return;
      const rect = event.currentTarget.getBoundingClientRect();
      event.currentTarget.setPointerCapture(event.pointerId);
      const { durationS, view } = player.state;
      const at = ((event.clientX - rect.left) / Math.max(rect.width, 1)) * durationS;
      const grip = at >= view.from && at <= view.to ? at - view.from : lengthOf(view) / 2;
      begun.current = { pointer: event.pointerId, grip, width: Math.max(rect.width, 1), left: rect.left };
      moveTo(event.clientX);
    },
    onPointerMove: (event) => {
      if (begun.current?.pointer === event.pointerId) moveTo(event.clientX);
    },
    onPointerUp: end,
    onPointerCancel: end,
  };
}
