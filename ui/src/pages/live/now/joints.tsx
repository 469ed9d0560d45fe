import { Box, Group, Text } from "@mantine/core";
import { useRef } from "react";
import { figure } from "~/format/numbers";
import { Panel } from "~/parts/panel";
import { useLive, usePainter } from "../feed/feed-context";
import type { Joint } from "../feed/messages";
import { placeOf, type Range, rangesOf } from "./joint-ranges";
import classes from "./joints.module.css";

/** Of each joint: what the policy asked for, what was sent, and where its limits are. */
export function Joints() {
  const { cycle, status } = useLive();
  const known = useRef<Range[]>([]);
  const count = cycle?.requested?.length ?? cycle?.executed?.length ?? status?.joints?.length ?? 0;
  const ranges = rangesOf(known.current, count, status?.joints, cycle);
  known.current = ranges;
  const rows = useRef<(HTMLDivElement | null)[]>([]);
  usePainter(({ cycle: newest }) => {
    if (newest === null) return;
    for (const [place, row] of rows.current.entries()) {
      const range = known.current[place];
      if (row === null || range === undefined) continue;
      move(row.children[0] as HTMLElement, placeOf(newest.executed?.[place], range), true);
      move(row.children[1] as HTMLElement, placeOf(newest.requested?.[place], range), false);
    }
  });
  return (
    <Panel title="Joints: asked for and sent" actions={<Legend />}>
      {count === 0 ? (
        <Text size="sm" c="dimmed">
          They are shown with the first action.
        </Text>
      ) : (
        ranges.map((range, place) => (
          <JointRow
            key={place}
            joint={status?.joints?.[place]}
            place={place}
            range={range}
            requested={cycle?.requested?.[place]}
            executed={cycle?.executed?.[place]}
            keep={(row) => {
              rows.current[place] = row;
            }}
          />
        ))
      )}
    </Panel>
  );
}

type RowProps = {
  joint: Joint | undefined;
  place: number;
  range: Range;
  requested: number | null | undefined;
  executed: number | null | undefined;
  keep: (row: HTMLDivElement | null) => void;
};

function JointRow({ joint, place, range, requested, executed, keep }: RowProps) {
  const isChanged = requested !== executed && !(requested === undefined && executed === undefined);
  return (
    <Box className={classes.row}>
      <Text size="xs" truncate title={joint?.name}>
        {joint?.name ?? `joint ${place}`}
      </Text>
      <Text size="xs" c="dimmed" ta="right" className={classes.end}>
        {range.isKnown ? figure(range.lower, 3) : ""}
      </Text>
      <div className={classes.track} ref={keep} data-known={range.isKnown || undefined}>
        <div className={classes.executed} />
        <div className={classes.requested} />
      </div>
      <Text size="xs" c="dimmed" className={classes.end}>
        {range.isKnown ? figure(range.upper, 3) : ""}
      </Text>
      <Text size="xs" ta="right" fw={isChanged ? 700 : undefined} className={classes.figures}>
        {said(requested)} → {said(executed)} {joint?.unit ?? ""}
      </Text>
    </Box>
  );
}

function Legend() {
  return (
    <Group gap="sm">
      <Text size="xs" c="dimmed">
        <span className={classes.askedSample} aria-hidden /> asked for
      </Text>
      <Text size="xs" c="dimmed">
        <span className={classes.sentSample} aria-hidden /> sent
      </Text>
    </Group>
  );
}

function said(value: number | null | undefined): string {
  if (value === undefined) return "–";
  return value === null ? "no number" : value.toFixed(3).replace("-", "−");
}

// A transform alone: the browser lays nothing out again.
function move(mark: HTMLElement, place: number | null, isBar: boolean): void {
  mark.style.visibility = place === null ? "hidden" : "visible";
  if (place === null) return;
  mark.style.transform = isBar ? `scaleX(${place})` : `translateX(${place * 100}%)`;
}
