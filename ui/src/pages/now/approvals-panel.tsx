import { Group, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { count } from "~/format/numbers";
import { GoalLink } from "~/pages/incidents/goal-link";
import { Answer } from "~/parts/answer";
import { PageLink } from "~/parts/link";
import { Moment } from "~/parts/moment";
import { Panel } from "~/parts/panel";
import { TaskTitle } from "~/parts/task-title";
import { waitingApprovals } from "./queries";
import { Quiet } from "./quiet";

const APPROVALS: string = "/boards/approvals";

/** What agents and people ask to be allowed, and the one who looks at this may decide. */
export function ApprovalsPanel() {
  const query = useQuery(waitingApprovals);
  return (
    <Panel
      title="Waiting for your approval"
      actions={
        <PageLink to={APPROVALS} size="sm">
          {query.data === undefined || query.data.total === 0 ? "Approvals" : `All ${count(query.data.total)}`}
        </PageLink>
      }
    >
      <Answer query={query}>
        {({ items }) =>
          items.length === 0 ? (
            <Quiet>Nothing waits for you.</Quiet>
          ) : (
            <Stack gap="sm">
              {items.map((one) => (
                <div key={one.id}>
                  <GoalLink goal={{ to: "approval", id: one.id, boardId: one.board_id }} size="sm" fw={600}>
                    <TaskTitle
                      title={one.shown.tasks[0]?.title ?? one.action_type}
                      incidentId={one.shown.tasks[0]?.incident_id}
                    />
                  </GoalLink>
                  <Group gap={6} fz="xs" c="dimmed">
                    <span>
                      {one.requested_by_name} asks for {one.action_type}, {Math.round(one.confidence)} % sure
                    </span>
                    <Moment at={one.created_at} />
                  </Group>
                  <Text size="sm" lineClamp={2}>
                    {one.shown.reason}
                  </Text>
                </div>
              ))}
            </Stack>
          )
        }
      </Answer>
    </Panel>
  );
}
