import { Box, Group, Stack, Text, ThemeIcon } from "@mantine/core";
import { IconCheck } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { Command } from "~/parts/command";
import { PageLink } from "~/parts/link";
import { Panel } from "~/parts/panel";
import { beginnings } from "./queries";

/** How many there are of everything that a new hub has none of; undefined until that is known. */
export function useBeginnings(isSomebody: boolean) {
  const robots = useQuery(beginnings.robots).data;
  const recordings = useQuery(beginnings.recordings).data;
  const incidents = useQuery(beginnings.incidents).data;
  const boards = useQuery({ ...beginnings.boards, enabled: isSomebody }).data;
  const destinations = useQuery({ ...beginnings.destinations, enabled: isSomebody }).data;
  return { robots, recordings, incidents, boards, destinations };
}

type Counts = ReturnType<typeof useBeginnings>;

/** There is something to show once something has failed. */
export function isBeginning({ incidents }: Counts): boolean {
  return incidents === 0;
}

const FLEET_ENROL: string = "/fleet/enrol";

/** What to do on a new hub; each is ticked by itself once it has happened. */
export function FirstSteps({ counts }: { counts: Counts }) {
  const hub = window.location.origin;
  return (
    <Panel title="First steps">
      <Stack component="ol" gap="md" m={0} p={0} style={{ listStyle: "none" }}>
        <Step title="See all of it at once, on this machine" isDone={(counts.incidents ?? 0) > 0}>
          <Text size="sm" c="dimmed">
            Replays a real flight through a recorder and a guard, with a hub of its own.
          </Text>
          <Command text="pilothouse demo" />
        </Step>
        <Step title="Let a robot in" isDone={(counts.robots ?? 0) > 0}>
          <Text size="sm" c="dimmed">
            <PageLink underline="always" to={FLEET_ENROL}>
              Make a one-time code
            </PageLink>
            , and on the robot:
          </Text>
          <Command text={`pilothouse robot enroll --hub ${hub} --code CODE`} />
        </Step>
        <Step title="Record, and capture when something happens" isDone={(counts.recordings ?? 0) > 0}>
          <Text size="sm" c="dimmed">
            A source can be ROS 2, MQTT, Foxglove or a file; a rule says what is worth keeping.
          </Text>
          <Command
            text={`pilothouse recorder run --source foxglove:ws://127.0.0.1:8765 --hub ${hub} --trigger '/speed.data > 9'`}
          />
          <Text size="sm" c="dimmed">
            Files that there are already can be{" "}
            <PageLink underline="always" to="/recordings/upload">
              delivered from here
            </PageLink>
            .
          </Text>
        </Step>
        <Step title="Have people and agents work on incidents" isDone={(counts.boards ?? 0) > 0}>
          <Text size="sm" c="dimmed">
            <PageLink underline="always" to="/boards">
              Make a board
            </PageLink>
            , and a rule for which incidents become its tasks.
          </Text>
        </Step>
        <Step title="Be told" isDone={(counts.destinations ?? 0) > 0}>
          <Text size="sm" c="dimmed">
            By a webhook, Slack or mail:{" "}
            <PageLink underline="always" to={NOTIFICATIONS}>
              add a destination
            </PageLink>
            .
          </Text>
        </Step>
      </Stack>
    </Panel>
  );
}

const NOTIFICATIONS: string = "/settings/notifications";

function Step({ title, isDone, children }: { title: string; isDone: boolean; children: ReactNode }) {
  return (
    <Group component="li" align="flex-start" wrap="nowrap" gap="sm">
      <ThemeIcon
        size={20}
        radius="xl"
        variant={isDone ? "filled" : "default"}
        mt={1}
        role="img"
        aria-label={isDone ? "Done" : "To do"}
      >
        {isDone ? <IconCheck size={13} /> : null}
      </ThemeIcon>
      <Box flex={1} miw={0}>
        <Text size="sm" fw={600} c={isDone ? "dimmed" : undefined}>
          {title}
        </Text>
        {isDone ? null : (
          <Stack gap={6} mt={4}>
            {children}
          </Stack>
        )}
      </Box>
    </Group>
  );
}
