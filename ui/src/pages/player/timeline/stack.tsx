import { createContext, type ReactNode, type RefObject, useContext, useLayoutEffect, useRef, useState } from "react";
import { toX } from "../model/window";
import { usePlayer, usePlaying } from "../playing";
import { usePinch, useWheel } from "./gestures";
import classes from "./timeline.module.css";

type Stack = { element: RefObject<HTMLDivElement | null>; width: number; gutter: number; edge: number };
const StackContext = createContext<Stack | null>(null);

export function useStack(): Stack {
  const stack = useContext(StackContext);
  if (stack === null) throw new Error("not within a TimelineStack");
  return stack;
}

/** Ruler, lanes and plots below each other, all of the same times, with one cursor through all of them. */
export function TimelineStack({ children, compact = false }: { children: ReactNode; compact?: boolean }) {
  const element = useRef<HTMLDivElement>(null);
  const { player } = usePlaying();
  useWheel(element, player);
  usePinch(element, player);
  const measures = useMeasures(element);
  return (
    <StackContext value={{ element, ...measures }}>
      <div ref={element} className={compact ? `${classes.stack} ${classes.compact}` : classes.stack}>
        {children}
        <Over />
      </div>
    </StackContext>
  );
}

/** How wide the times are, and what stands beside them; measured before anything is seen. */
function useMeasures(element: RefObject<HTMLDivElement | null>): Omit<Stack, "element"> {
  const [measures, setMeasures] = useState({ width: 0, gutter: 84, edge: 10 });
  useLayoutEffect(() => {
    const stack = element.current;
    if (stack === null) return;
    const measure = () => {
      const style = getComputedStyle(stack);
      const gutter = Number.parseFloat(style.getPropertyValue("--gutter")) || 0;
      const edge = Number.parseFloat(style.getPropertyValue("--edge")) || 0;
      const width = Math.max(stack.clientWidth - gutter - edge, 0);
      setMeasures((now) =>
        now.width === width && now.gutter === gutter && now.edge === edge ? now : { width, gutter, edge },
      );
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(stack);
    return () => observer.disconnect();
  }, [element]);
  return measures;
}

/** The cursor and the selected span, over everything. */
function Over() {
  const { width } = useStack();
  const cursor = usePlayer((state) => state.cursor);
  const view = usePlayer((state) => state.view);
  const selection = usePlayer((state) => state.selection);
  const from = selection === null ? 0 : toX(view, width, selection.from);
  const to = selection === null ? 0 : toX(view, width, selection.to);
  return (
    <div className={classes.over} aria-hidden>
      {selection === null ? null : <div className={classes.selection} style={{ left: from, width: to - from }} />}
      <div className={classes.cursor} style={{ transform: `translateX(${toX(view, width, cursor)}px)` }} />
    </div>
  );
}
