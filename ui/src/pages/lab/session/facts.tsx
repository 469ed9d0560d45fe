import { Badge, Group, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { PageLink } from "~/parts/link";
import { Moment, useNow } from "~/parts/moment";
import type { LabSession } from "../queries";
import { coverageOf, isOver, testsOf, tookOf } from "../words";

/** What one wants to know of a session at a glance, in one line or two. */
export function Facts({ session }: { session: LabSession }) {
  const now = useNow();
  const took = tookOf(session, now);
  const tests = testsOf(session.summary);
  const failed = (session.summary?.tests?.failures ?? 0) + (session.summary?.tests?.errors ?? 0);
  const coverage = coverageOf(session.summary);
  return (
    <Group gap="lg" mb="md" fz="sm">
      {tests === null ? null : (
        <Fact name="Tests">
          <Text span inherit c={failed > 0 ? "red" : undefined} fw={550}>
            {tests}
          </Text>
        </Fact>
      )}
      {coverage === null ? null : <Fact name="Coverage">{coverage}</Fact>}
      {took === null ? null : <Fact name={isOver(session.state) ? "Took" : "Open for"}>{took}</Fact>}
      {session.incident_id ? (
        <Fact name="Incident">
          <PageLink inherit to="/incidents/$incidentId" params={{ incidentId: session.incident_id }}>
            {session.incident_id}
          </PageLink>
        </Fact>
      ) : null}
      {(session.recordings ?? []).length === 0 ? null : (
        <Fact name="Recordings">
          {session.recordings?.map((one) => (
            <PageLink inherit key={one} to="/recordings/$recordingId" params={{ recordingId: one }} mr={6}>
              {one}
            </PageLink>
          ))}
        </Fact>
      )}
      {session.batch_id ? (
        <Fact name="Batch">
          <PageLink inherit to="/lab/batches/$batchId" params={{ batchId: session.batch_id }}>
            matrix
          </PageLink>
        </Fact>
      ) : null}
      <Fact name="By">{session.created_by}</Fact>
      <Fact name="Made">
        <Moment at={session.created_at} />
      </Fact>
      {isOver(session.state) ? null : (
        <Fact name="Ends">
          <Moment at={session.expires_at} />
        </Fact>
      )}
      {(session.labels ?? []).map((label) => (
        <Badge key={label} color="gray" tt="none">
          {label}
        </Badge>
      ))}
    </Group>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <Text component="div" size="sm">
      <Text span inherit c="dimmed">
        {name}{" "}
      </Text>
      {children}
    </Text>
  );
}
