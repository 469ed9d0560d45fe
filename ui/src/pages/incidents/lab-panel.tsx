import { Group, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { Model } from "~/api/client";
import { plural } from "~/format/numbers";
import { Answer } from "~/parts/answer";
import { Command } from "~/parts/command";
import { PageButton, PageLink } from "~/parts/link";
import { Mark } from "~/parts/marks";
import { Moment } from "~/parts/moment";
import { Panel } from "~/parts/panel";
import { GoalLink } from "./goal-link";
import { outcome } from "./happenings";
import { type Incident, labSessions } from "./queries";

const SHOWN = 5;

/** Debug sessions that look into the incident, each with how it came out. */
export function LabPanel({ incident, recordingId }: { incident: Incident; recordingId: string | undefined }) {
  const query = useQuery(labSessions(incident.id));
  return (
    <Panel title="Debug sessions">
      <Answer query={query}>
        {({ items }) =>
          items.length === 0 ? (
            <Reproduce incidentId={incident.id} recordingId={recordingId} />
          ) : (
            <Stack gap="sm">
              {items.slice(0, SHOWN).map((one) => (
                <Session key={one.id} session={one} />
              ))}
              {items.length > SHOWN ? (
                <PageLink to="/lab" search={{ incident: incident.id, all: true }} size="xs">
                  All {plural(items.length, "debug session")}
                </PageLink>
              ) : null}
              <Start incidentId={incident.id} recordingId={recordingId} />
            </Stack>
          )
        }
      </Answer>
    </Panel>
  );
}

type Of = { incidentId: string; recordingId: string | undefined };

function Start({ incidentId, recordingId }: Of) {
  const search = { incident: incidentId, recording: recordingId === undefined ? undefined : [recordingId] };
  return (
    <PageButton to="/lab/new" search={search} variant="default" w="fit-content">
      Start a debug session
    </PageButton>
  );
}

function Session({ session }: { session: Model<"LabSession"> }) {
  const tests = session.summary?.tests;
  const failed = tests?.failed ?? [];
  return (
    <div>
      <Group gap={6}>
        <Mark of={session.state} />
        <GoalLink goal={{ to: "lab", id: session.id }} size="sm">
          {session.repository} {session.commit_sha?.slice(0, 10)}
        </GoalLink>
      </Group>
      <Text size="sm">{outcome(session)}</Text>
      {failed.slice(0, 3).map((name) => (
        <Text key={name} size="xs" c="dimmed" ff="monospace">
          {name}
        </Text>
      ))}
      <Text size="xs" c="dimmed">
        {session.created_by}, <Moment at={session.created_at} />
      </Text>
    </div>
  );
}

function Reproduce({ incidentId, recordingId }: Of) {
  const recording = recordingId === undefined ? "" : ` --recording ${recordingId}`;
  return (
    <Stack gap={6}>
      <Text size="sm" c="dimmed">
        Nobody has tried to reproduce it.
      </Text>
      <Start incidentId={incidentId} recordingId={recordingId} />
      <Text size="sm" c="dimmed">
        Or in a checkout of the robot's code:
      </Text>
      <Command text={`pilothouse lab run --incident ${incidentId}${recording} -- pytest -x`} />
    </Stack>
  );
}
