import { Group, Skeleton, Tooltip } from "@mantine/core";
import { useDebouncedValue, useMediaQuery } from "@mantine/hooks";
import { IconArrowDown, IconArrowUp, IconKeyboard } from "@tabler/icons-react";
import { useNavigate } from "@tanstack/react-router";
import { useVirtualizer, type Virtualizer } from "@tanstack/react-virtual";
import { type KeyboardEvent, type ReactNode, type RefObject, useCallback, useEffect, useRef, useState } from "react";
import { Failure } from "~/parts/failure";
import { pagesOf } from "~/parts/selection";
import { usePageKeys } from "~/parts/use-page-keys";
import { PAGE, type Recording } from "./queries";
import { Row } from "./recording-row";
import styles from "./recordings.module.css";
import { useRows } from "./rows";
import type { RecordingSearch, Sort } from "./search";
import type { Selection } from "./use-selection";

const ROW_PX = 34;
const CARD_PX = 58;
// Whoever drags the bar through a hundred thousand rows passes pages that nobody looks at.
const SETTLED_MS = 70;
const PLACE_SETTLED_MS = 300;
// Grey lines while nobody knows how many there are.
const AWAITED_ROWS = 8;

type Props = {
  search: RecordingSearch;
  selection: Selection;
  onSort: (sort: Sort) => void;
  children: (nothing: { total: number }) => ReactNode;
  onTotal: (total: number | null) => void;
  /** Which row is at the top, once scrolling has come to rest. */
  onPlace: (row: number) => void;
};

/** Every recording that the filters leave, however many: only the rows in sight exist, and only their pages are asked. */
export function RecordingsTable({ search, selection, onSort, onTotal, onPlace, children }: Props) {
  const scroller = useRef<HTMLDivElement>(null);
  const isNarrow = useMediaQuery("(max-width: 48em)", false) ?? false;
  const [known, setKnown] = useState(0);
  const height = isNarrow ? CARD_PX : ROW_PX;
  const virtual = useVirtualizer({
    count: known,
    getScrollElement: () => scroller.current,
    estimateSize: () => height,
    overscan: 10,
    scrollPaddingStart: height,
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: rows of another height are measured anew
  useEffect(() => virtual.measure(), [height]);
  const lines = virtual.getVirtualItems();
  const seen = lines.length === 0 ? "0" : pagesOf(lines[0]?.index ?? 0, lines.at(-1)?.index ?? 0, PAGE).join(" ");
  const [settled] = useDebouncedValue(seen, SETTLED_MS);
  const rows = useRows(search, settled.split(" ").map(Number));
  const { total } = rows;
  const isThere = rows.first.data !== undefined;
  useEffect(() => {
    setKnown(total);
    onTotal(isThere ? total : null);
  }, [isThere, total, onTotal]);
  usePlaceInUrl(virtual, isThere && known === total, height, search.at ?? 0, onPlace);
  const keys = useKeys(scroller, rows.rowAt, total, selection, virtual.scrollToIndex);
  // Rows keep what they were given; what a choice means is looked up when it is made.
  const latest = useRef(selection);
  latest.current = selection;
  const choose = useCallback((recording: Recording, index: number, isRange: boolean) => {
    if (isRange) void latest.current.extend(index);
    else latest.current.toggle(recording.session_id, index);
  }, []);
  if (rows.first.isError && rows.first.data === undefined) {
    return <Failure error={rows.first.error} retry={() => void rows.first.refetch()} />;
  }
  if (rows.first.isSuccess && total === 0) return children({ total });
  return (
    <>
      {rows.problem === null ? null : <Failure error={rows.problem} retry={rows.retry} />}
      <div
        ref={scroller}
        className={styles.list}
        role="grid"
        aria-label="Recordings"
        aria-rowcount={isThere ? total + 1 : -1}
        aria-multiselectable
        aria-busy={rows.first.isPending}
        tabIndex={-1}
        onKeyDown={keys.onKeyDown}
      >
        <Head search={search} onSort={onSort} />
        {isThere ? null : <Awaited />}
        <div role="rowgroup" className={styles.rows} style={{ height: virtual.getTotalSize() }}>
          {lines.map(({ index, start }) => {
            const recording = rows.rowAt(index);
            return (
              <Row
                key={index}
                index={index}
                start={start}
                recording={recording}
                isChosen={recording !== undefined && selection.chosen.has(recording.session_id)}
                isCurrent={index === keys.current}
                onCurrent={keys.setCurrent}
                onChoose={choose}
              />
            );
          })}
        </div>
      </div>
    </>
  );
}

function Awaited() {
  return Array.from({ length: AWAITED_ROWS }, (_, number) => (
    <div key={number} className={styles.row} aria-hidden>
      <span style={{ gridColumn: "1 / -1" }}>
        <Skeleton height={12} width={`${40 + ((number * 17) % 40)}%`} />
      </span>
    </div>
  ));
}

/** Who comes back to the list, or opens its address, finds it where it was. */
function usePlaceInUrl(
  virtual: Virtualizer<HTMLDivElement, Element>,
  isFilled: boolean,
  height: number,
  kept: number,
  onPlace: (row: number) => void,
): void {
  const written = useRef<number | null>(null);
  const [settled] = useDebouncedValue(Math.round((virtual.scrollOffset ?? 0) / height), PLACE_SETTLED_MS);
  useEffect(() => {
    if (!isFilled || kept === written.current) return;
    written.current = kept;
    virtual.scrollToOffset(kept * height);
  }, [virtual, isFilled, kept, height]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: only where scrolling came to rest is told
  useEffect(() => {
    if (!isFilled || written.current === null || settled === written.current) return;
    written.current = settled;
    onPlace(settled);
  }, [settled]);
}

/** Arrows, j and k go through the rows, Space chooses, with Shift up to here, Enter opens. j and k lead there, too. */
function useKeys(
  list: RefObject<HTMLDivElement | null>,
  rowAt: (index: number) => Recording | undefined,
  total: number,
  selection: Selection,
  scrollTo: (index: number) => void,
) {
  const [current, setCurrent] = useState(0);
  const navigate = useNavigate();
  const focusRow = (to: number) => {
    if (total === 0) return 0;
    const next = Math.min(total - 1, Math.max(0, to));
    setCurrent(next);
    scrollTo(next);
    // The row may come into being only with this scroll.
    requestAnimationFrame(() =>
      requestAnimationFrame(() => list.current?.querySelector<HTMLElement>(`[data-index="${next}"]`)?.focus()),
    );
    return next;
  };
  const isInRow = (target: EventTarget | null) => target instanceof Element && target.matches("[data-index]");
  const enter = () => {
    if (!isInRow(document.activeElement)) focusRow(current);
  };
  usePageKeys([
    ["j", enter],
    ["k", enter],
  ]);
  const go = (event: KeyboardEvent, to: number) => {
    event.preventDefault();
    const next = focusRow(to);
    if (event.shiftKey && event.key.startsWith("Arrow")) void selection.extend(next);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (!isInRow(event.target)) return;
    const recording = rowAt(current);
    const steps: Record<string, number> = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1, PageDown: 15, PageUp: -15 };
    const step = steps[event.key];
    if (step !== undefined) go(event, current + step);
    else if (event.key === "Home") go(event, 0);
    else if (event.key === "End") go(event, total - 1);
    else if (recording === undefined) return;
    else if (event.key === " ") {
      event.preventDefault();
      if (event.shiftKey) void selection.extend(current);
      else selection.toggle(recording.session_id, current);
    } else if (event.key === "Enter") {
      void navigate({ to: "/recordings/$recordingId", params: { recordingId: recording.session_id } });
    } else if (event.key === "Escape") selection.set(new Set());
  };
  return { current: Math.min(current, Math.max(0, total - 1)), setCurrent, onKeyDown };
}

function Head({ search, onSort }: { search: RecordingSearch; onSort: (sort: Sort) => void }) {
  const column = (sort: Sort, title: string, className = "") => (
    <Sortable search={search} sort={sort} onSort={onSort} className={className}>
      {title}
    </Sortable>
  );
  return (
    <div role="row" tabIndex={-1} className={`${styles.row} ${styles.head}`} aria-rowindex={1}>
      <Cell>
        <Tooltip label="Space chooses a row, with Shift all up to it; arrows, j and k go through them; Enter opens">
          <span className={styles.tick} role="img" aria-label="How to use the keyboard here">
            <IconKeyboard size={16} color="var(--mantine-color-dimmed)" />
          </span>
        </Tooltip>
      </Cell>
      {column("recorded", "Recorded")}
      <Cell>Robot</Cell>
      <Cell>What</Cell>
      <Cell className={styles.wide}>Rule</Cell>
      {column("duration", "Length", styles.end)}
      {column("size", "Size", styles.end)}
      <Cell>State</Cell>
    </div>
  );
}

function Cell({ children, className = "" }: { children: ReactNode; className?: string }) {
  return (
    <span role="columnheader" tabIndex={-1} className={className}>
      {children}
    </span>
  );
}

type SortableProps = {
  search: RecordingSearch;
  sort: Sort;
  onSort: (sort: Sort) => void;
  className: string;
  children: string;
};

function Sortable({ search, sort, onSort, className, children }: SortableProps) {
  const isSorted = (search.sort ?? "recorded") === sort;
  const isUp = search.order === "asc";
  return (
    <span
      role="columnheader"
      tabIndex={-1}
      className={className}
      aria-sort={isSorted ? (isUp ? "ascending" : "descending") : "none"}
    >
      <button type="button" className={styles.bare} onClick={() => onSort(sort)}>
        <Group gap={2} component="span" wrap="nowrap">
          {children}
          {isSorted ? isUp ? <IconArrowUp size={13} /> : <IconArrowDown size={13} /> : null}
        </Group>
      </button>
    </span>
  );
}
