import { Box, Text } from "@mantine/core";
import { useMemo } from "react";
import { plural } from "~/format/numbers";
import { Empty } from "~/parts/empty";
import { type Filters, fits, isNarrowed, LANES, laned } from "../model/lanes";
import type { TaskStatus } from "../model/queries";
import { FilterBar } from "./filter-bar";
import classes from "./kanban.module.css";
import { Lane } from "./lane";
import { useOnBoard } from "./on-board";

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
          {plural(snapshot.tasks_left_out, "task")} done earlier {snapshot.tasks_left_out === 1 ? "is" : "are"} not
          shown here.
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
