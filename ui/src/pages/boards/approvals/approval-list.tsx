import { Box, Group, Text } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { figure } from "~/format/numbers";
import { Mark } from "~/parts/marks";
import { Moment } from "~/parts/moment";
import { TaskTitle } from "~/parts/task-title";
import type { Approval } from "../model/queries";
import { Who } from "../who";
import classes from "./approvals.module.css";

type Props = { approvals: (Approval & { board_name?: string })[]; openedId?: string };

/** Approvals to choose from: what is asked, by whom, how sure they are. */
export function ApprovalList({ approvals, openedId }: Props) {
  return (
    <Box component="ol" className={classes.list} aria-label="Approvals">
      {approvals.map((one) => (
        <li key={one.id}>
          <Link
            to="."
            search={((old: Record<string, unknown>) => ({ ...old, approval: one.id, board: one.board_id })) as never}
            resetScroll={false}
            className={classes.row}
            aria-current={one.id === openedId ? "true" : undefined}
          >
            <Group justify="space-between" gap={6} wrap="nowrap" align="baseline">
              <Text span size="sm" fw={600} truncate>
                <TaskTitle
                  title={(one.shown.tasks.length === 1 ? one.shown.tasks[0]?.title : undefined) ?? one.action_type}
                  incidentId={one.shown.tasks[0]?.incident_id}
                />
              </Text>
              <Mark of={one.status} />
            </Group>
            <Text span size="xs" lineClamp={2} display="block">
              {one.shown.reason}
            </Text>
            <Group gap={6} mt={2}>
              <Text span size="xs" c="dimmed">
                <Who kind={one.requested_by_kind} name={one.requested_by_name} />
              </Text>
              <Text span size="xs" c="dimmed">
                {one.board_name === undefined ? "" : `on ${one.board_name} · `}
                {figure(one.confidence)} % · <Moment at={one.created_at} />
              </Text>
            </Group>
          </Link>
        </li>
      ))}
    </Box>
  );
}
