import { useElementSize } from "@mantine/hooks";
import {
  type CSSProperties,
  memo,
  type RefObject,
  useCallback,
  useEffect,
  useLayoutEffect,
  useRef,
  useState,
} from "react";
import { bytes } from "~/format/numbers";
import type { Line, LogPages } from "./log-pages";
import classes from "./log-view.module.css";
import { ScrollMap } from "./scroll-map";
import { PLAIN, type Style, styleAfter } from "./sgr";
import { LineText } from "./spans";
import type { Log } from "./use-log";

const LINE_PX = 18;

export type LogViewHandle = {
  goTo: (line: number) => void;
  /** The line that leads here again. */
  place: () => number;
};

type Props = {
  log: Log;
  find: string;
  failures: ReadonlySet<number>;
  /** The line the URL names. */
  current: number | undefined;
  onPick: (line: number) => void;
  follow: boolean;
  /** A person scrolled away from the end, down to it, or elsewhere. */
  onScrolled: (to: "away" | "end" | "elsewhere") => void;
  handle: RefObject<LogViewHandle | null>;
};

/** The lines that are in view, of however many; only their text is held. */
export function LogView({ log, find, failures, current, onPick, follow, onScrolled, handle }: Props) {
  const scroller = useRef<HTMLDivElement>(null);
  const { ref: sized, height } = useElementSize();
  const [scrollTop, setScrollTop] = useState(0);
  const { pages } = log.feed;
  const map = new ScrollMap(pages.lineCount, LINE_PX, height || 400);
  const { first, last, top } = map.shown(scrollTop);
  const latest = useRef({ map });
  latest.current = { map };
  // Where this page scrolled to by itself: only what a person scrolls begins or ends the following.
  const placed = useRef(-1);

  const goTo = useCallback((line: number) => {
    const element = scroller.current;
    if (element === null) return;
    const { map: now } = latest.current;
    element.scrollTop = now.scrollTopOf(Math.max(0, line - above(now)));
    // The window may end above the line: who jumps somewhere wants to see it.
    element.scrollIntoView({ block: "nearest" });
    placed.current = element.scrollTop;
    setScrollTop(element.scrollTop);
  }, []);
  useEffect(() => {
    const place = () => {
      const { map: now } = latest.current;
      return Math.round(now.lineAt(scroller.current?.scrollTop ?? 0) + above(now));
    };
    handle.current = { goTo, place };
  }, [handle, goTo]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: each version may be longer
  useLayoutEffect(() => {
    const element = scroller.current;
    if (!follow || element === null) return;
    element.scrollTop = element.scrollHeight;
    placed.current = element.scrollTop;
    setScrollTop(element.scrollTop);
  }, [follow, log.version, height]);

  usePagesInView(log, first, last);
  useEvenWheel(scroller, latest);

  const scrolled = () => {
    const element = scroller.current;
    if (element === null) return;
    const isUp = element.scrollTop < scrollTop - 1;
    const isAtEnd = element.scrollTop + element.clientHeight >= element.scrollHeight - 2;
    setScrollTop(element.scrollTop);
    if (Math.abs(element.scrollTop - placed.current) < 1) return;
    placed.current = -1;
    if (follow) {
      if (isUp && !isAtEnd) onScrolled("away");
    } else onScrolled(isAtEnd && element.scrollTop > scrollTop ? "end" : "elsewhere");
  };
  const digits = Math.max(3, String(pages.lineCount).length);
  return (
    <section
      ref={(element: HTMLDivElement | null) => {
        scroller.current = element;
        sized(element);
      }}
      className={classes.scroller}
      onScroll={scrolled}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reached by the keyboard
      tabIndex={0}
      aria-label="Output"
      style={
        { "--digits": digits, "--log-lines": `${Math.min(pages.lineCount, 100) * LINE_PX + 22}px` } as CSSProperties
      }
    >
      <div className={classes.sheet} style={{ height: map.height }}>
        <Lines
          pages={pages}
          version={log.version}
          first={first}
          last={last}
          shift={scrollTop - top * LINE_PX}
          find={find}
          failures={failures}
          current={current}
          onPick={onPick}
        />
      </div>
    </section>
  );
}

/** How much is shown above a line that is gone to. */
function above(map: ScrollMap): number {
  return map.viewHeight / LINE_PX / 3;
}

type LinesProps = Pick<Props, "find" | "failures" | "current" | "onPick"> & {
  pages: LogPages;
  version: number;
  first: number;
  last: number;
  /** What lies between where a line would stand in a sheet of full height, and where it stands in this one. */
  shift: number;
};

const Lines = memo(function Lines({ pages, first, last, shift, find, failures, current, onPick }: LinesProps) {
  return (
    <>
      {linesBetween(pages, first, last).map(({ number, line, begin, dropped }) => {
        const names = [classes.line];
        if (line?.stream === "stderr") names.push(classes.stderr);
        if (failures.has(number)) names.push(classes.failure);
        if (number === current) names.push(classes.current);
        return (
          <div
            key={number}
            className={names.join(" ")}
            style={{ transform: `translateY(${number * LINE_PX + shift}px)` }}
            data-line={number + 1}
          >
            <a
              className={classes.number}
              href={`?line=${number + 1}`}
              tabIndex={-1}
              aria-label={`Line ${number + 1}${line?.stream === "stderr" ? ", standard error" : ""}`}
              onClick={(event) => {
                event.preventDefault();
                onPick(number);
              }}
            >
              {number + 1}
            </a>
            {dropped === 0 ? null : <span className={classes.note}> {bytes(dropped)} before this were not kept: </span>}
            {line === undefined ? (
              <span className={`${classes.text} ${classes.note}`}>…</span>
            ) : (
              <LineText text={line.text} begin={begin} find={find} />
            )}
          </div>
        );
      })}
    </>
  );
});

type Drawn = { number: number; line: Line | undefined; begin: Style; dropped: number };

function linesBetween(pages: LogPages, first: number, last: number): Drawn[] {
  const drawn: Drawn[] = [];
  for (let place = pages.pageOf(first); place < pages.pageCount; place += 1) {
    const page = pages.page(place);
    if (page === undefined || page.firstLine >= last) break;
    const lines = pages.linesOf(place);
    let style = page.style;
    for (let at = 0; at < page.lines; at += 1) {
      const number = page.firstLine + at;
      const line = lines?.[at];
      if (number >= last) break;
      if (number >= first) {
        drawn.push({ number, line, begin: style === PLAIN ? PLAIN : style, dropped: at === 0 ? page.dropped : 0 });
      }
      if (line !== undefined) style = styleAfter(line.text, style);
    }
  }
  return drawn;
}

/** Fetches the text of what is in view and was let go. */
function usePagesInView({ feed, read, version }: Log, first: number, last: number): void {
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is held changes with each version
  useEffect(() => {
    for (let place = feed.pages.pageOf(first); place < feed.pages.pageCount; place += 1) {
      const page = feed.pages.page(place);
      if (page === undefined || page.firstLine >= last) break;
      // What could not be read now is asked for again when it is looked at again.
      if (feed.pages.linesOf(place) === undefined) read(place).catch(() => undefined);
    }
  }, [feed, read, first, last, version]);
}

/** In a log so long that the scrollbar stands for more, a wheel still moves by lines. */
function useEvenWheel(scroller: RefObject<HTMLDivElement | null>, latest: RefObject<{ map: ScrollMap }>): void {
  useEffect(() => {
    const element = scroller.current;
    if (element === null) return;
    const wheel = (event: WheelEvent) => {
      const { scale } = latest.current.map;
      if (scale <= 1 || event.ctrlKey || event.deltaY === 0) return;
      event.preventDefault();
      element.scrollTop += event.deltaY / scale;
    };
    element.addEventListener("wheel", wheel, { passive: false });
    return () => element.removeEventListener("wheel", wheel);
  }, [scroller, latest]);
}
