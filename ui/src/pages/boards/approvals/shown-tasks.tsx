import { Alert, Box, Group, Text } from "@mantine/core";
import { useQueries } from "@tanstack/react-query";
import { PageLink } from "~/parts/link";
import { Mark } from "~/parts/marks";
import { Told } from "~/parts/told";
import { type Approval, task as oneTask } from "../model/queries";

/** The tasks as they were shown, and whether they still are so. */
export function ShownTasks({ approval }: { approval: Approval }) {
  const { tasks } = approval.shown;
  const now = useQueries({ queries: tasks.map((one) => oneTask(approval.board_id, one.id)) });
  if (tasks.length === 0) return null;
  return (
    <Box>
      <Text size="sm" fw={600} component="h3" m={0} mb={4}>
        {tasks.length === 1 ? "The task, as it was shown" : "The tasks, as they were shown"}
      </Text>
      {tasks.map((shown, at) => {
        const present = now[at]?.data;
        return (
          <Box key={shown.id} pl="sm" mb="xs" style={{ borderLeft: "3px solid var(--mantine-color-default-border)" }}>
            <Group gap="xs">
              <PageLink
                to={`/boards/${approval.board_id}` as string}
                search={{ task: shown.id } as never}
                size="sm"
                fw={600}
              >
                {shown.title}
              </PageLink>
              {present === undefined ? null : <Mark of={present.status} title="Now" />}
              <Text size="xs" c="dimmed">
                content version {shown.content_version}
              </Text>
              {shown.incident_id === null ? null : (
                <PageLink to={`/incidents/${encodeURIComponent(shown.incident_id)}` as string} size="xs">
                  incident {shown.incident_id}
                </PageLink>
              )}
            </Group>
            {present !== undefined && present.content_version !== shown.content_version ? (
              <Alert color="yellow" py={4} my={4}>
                The task is at content version {present.content_version} now: it is not what was shown any more.
              </Alert>
            ) : null}
            {shown.description === "" ? null : (
              <Box fz="sm" style={{ whiteSpace: "pre-wrap" }}>
                <Told text={shown.description} />
              </Box>
            )}
            {Object.keys(shown.custom_fields).length === 0 ? null : (
              <Text size="xs" c="dimmed">
                {Object.entries(shown.custom_fields)
                  .map(([name, value]) => `${name}: ${String(value)}`)
                  .join(" · ")}
              </Text>
            )}
          </Box>
        );
      })}
    </Box>
  );
}
