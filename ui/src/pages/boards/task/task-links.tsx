import { Box, Group, Stack, Text, Title } from "@mantine/core";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { answered, api } from "~/api/client";
import { PageLink } from "~/parts/link";
import { Mark } from "~/parts/marks";
import { Moment } from "~/parts/moment";
import { useOnBoard } from "../board/on-board";
import { boardApprovals, type Task } from "../model/queries";

const MOST_LINKED = 6;

/** Where a task leads to: its incident, what was recorded of it, the debug sessions about it, its approvals. */
export function TaskLinks({ task }: { task: Task }) {
  const { boardId } = useOnBoard();
  const approvals = useInfiniteQuery(boardApprovals(boardId, { task_id: task.id }));
  const asked = approvals.data?.pages.flatMap((page) => page.items) ?? [];
  if (task.incident_id === null && asked.length === 0) return null;
  return (
    <Stack gap={4} component="section" aria-label="Links">
      <Title order={3} size="h3">
        Evidence
      </Title>
      {task.incident_id === null ? null : <IncidentLinks incidentId={task.incident_id} />}
      {asked.map((approval) => (
        <Group key={approval.id} gap="xs">
          <PageLink
            to={`/boards/${boardId}/approvals` as string}
            search={{ approval: approval.id, task: undefined } as never}
            size="sm"
          >
            Approval of {approval.action_type}
          </PageLink>
          <Mark of={approval.status} />
          <Text span size="xs" c="dimmed">
            asked by {approval.requested_by_name} <Moment at={approval.created_at} />
          </Text>
        </Group>
      ))}
    </Stack>
  );
}

function IncidentLinks({ incidentId }: { incidentId: string }) {
  const incident = useQuery({
    queryKey: ["incidents", incidentId, "links"],
    queryFn: ({ signal }) =>
      answered(api.GET("/api/v1/incidents/{incident_id}", { params: { path: { incident_id: incidentId } }, signal })),
  });
  const sessions = useQuery({
    queryKey: ["lab", "of-incident", incidentId],
    queryFn: ({ signal }) =>
      answered(api.GET("/sessions", { params: { query: { incident_id: incidentId, limit: MOST_LINKED } }, signal })),
  });
  const recordings = incident.data?.session_ids?.slice(0, MOST_LINKED) ?? [];
  return (
    <Box fz="sm">
      <Group gap="xs">
        <PageLink to={`/incidents/${encodeURIComponent(incidentId)}` as string} size="sm">
          Incident {incident.data?.title ?? incidentId}
        </PageLink>
        {incident.data === undefined ? null : (
          <>
            <Mark of={incident.data.severity} />
            <Mark of={incident.data.state} />
          </>
        )}
      </Group>
      {recordings.map((id) => (
        <div key={id}>
          <PageLink to={`/recordings/${encodeURIComponent(id)}` as string} size="sm">
            Recording {id}
          </PageLink>
        </div>
      ))}
      {(sessions.data?.items ?? []).map((session) => (
        <Group key={session.id} gap="xs">
          <PageLink to={`/lab/${encodeURIComponent(session.id)}` as string} size="sm">
            Debug session {session.id}
          </PageLink>
          <Mark of={session.state} />
        </Group>
      ))}
    </Box>
  );
}
