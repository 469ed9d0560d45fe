import { useElementSize, useMergedRef } from "@mantine/hooks";
import { createContext, type ReactNode, type RefObject, useContext, useRef } from "react";
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
  const { ref: measured, width: whole } = useElementSize<HTMLDivElement>();
  const ref = useMergedRef(element, measured);
  const { player } = usePlaying();
  useWheel(element, player);
  usePinch(element, player);
  const style = element.current === null ? null : getComputedStyle(element.current);
  const gutter = Number.parseFloat(style?.getPropertyValue("--gutter") ?? "") || 84;
  const edge = Number.parseFloat(style?.getPropertyValue("--edge") ?? "") || 10;
  const width = Math.max(whole - gutter - edge, 0);
  return (
    <StackContext value={{ element, width, gutter, edge }}>
      <div ref={ref} className={compact ? `${classes.stack} ${classes.compact}` : classes.stack}>
        {children}
        <Over />
      </div>
    </StackContext>
  );
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
