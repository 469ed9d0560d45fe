import { Box, Text } from "@mantine/core";
import { useMemo } from "react";
import { plural } from "~/format/numbers";
import { Empty } from "~/parts/empty";
import { type Filters, fits, isNarrowed, LANES, laned } from "../model/lanes";
import type { Snapshot, TaskStatus } from "../model/queries";
import { FilterBar } from "./filter-bar";
import classes from "./kanban.module.css";
import { Lane } from "./lane";
import { useOnBoard } from "./on-board";

/** A board shows what is not done before what was done last, and of both no more than a page can hold. */
function leftOut({ tasks, tasks_left_out: count, counts }: Snapshot): string {
  const open = (counts.inbox ?? 0) + (counts.in_progress ?? 0) + (counts.review ?? 0);
  const hidden = open - tasks.filter(({ status }) => status !== "done").length;
  const one = count === 1 ? "is" : "are";
  if (hidden <= 0) return `${plural(count, "task")} done earlier ${one} not shown here.`;
  return `${plural(count, "task")} ${one} not shown here, ${plural(hidden, "one")} of them not done yet.`;
}

type Props = {
  filters: Filters;
  /** Lanes that are shown to their end, however long they are. */
  whole: TaskStatus[];
  isMaking: boolean;
};

/** The tasks of a board in their lanes, kept current by its events. */
export function KanbanPage({ filters, whole, isMaking }: Props) {
  const { snapshot, me } = useOnBoard();
  const myId = me?.user_id ?? null;
  const shown = useMemo(
    () => snapshot.tasks.filter((task) => fits(task, filters, myId)),
    [snapshot.tasks, filters, myId],
  );
  const lanes = useMemo(() => laned(shown), [shown]);
  const isEmpty = snapshot.tasks.length === 0;
  return (
    <>
      <FilterBar filters={filters} shown={shown.length} isMaking={isMaking} />
      {snapshot.tasks_left_out === 0 ? null : (
        <Text size="xs" c="dimmed" mb="xs">
          {leftOut(snapshot)}
        </Text>
      )}
      {isEmpty ? (
        <Empty title="No tasks yet">
          Make one here, let incidents become tasks by a rule (Incidents), or have agents and webhooks make them.
        </Empty>
      ) : shown.length === 0 && isNarrowed(filters) ? (
        <Empty title="No task fits these filters" />
      ) : null}
      <Box className={classes.lanes} role="group" aria-label="Lanes">
        {LANES.map(({ status, title }) => (
          <Lane
            key={status}
            status={status}
            title={title}
            tasks={lanes.get(status) ?? []}
            lanes={lanes}
            whole={whole}
          />
        ))}
      </Box>
    </>
  );
}
