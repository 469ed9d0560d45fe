import { Alert, Button, Group, Text, Tooltip } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { answered, api, type Model } from "~/api/client";
import { useTend } from "~/api/rights";
import { bytes, plural } from "~/format/numbers";
import { clock } from "~/format/time";
import { ActButton } from "~/parts/act-button";
import { Copy } from "~/parts/command";
import { PageLink } from "~/parts/link";
import { Mark } from "~/parts/marks";
import { Moment } from "~/parts/moment";
import { say, sayProblem } from "~/parts/say";
import { triggerText } from "./model/lanes";

type Recording = Model<"Recording">;

/** What it is, where it comes from, and whether it is whole. */
export function RecordingHead({ recording }: { recording: Recording }) {
  const { trigger } = recording;
  return (
    <>
      <Group gap="4px 16px" mb="sm" fz="sm">
        <Fact name="Robot">
          <PageLink to="/robots/$robotId" params={{ robotId: recording.robot_id }} inherit>
            {recording.robot_id}
          </PageLink>
        </Fact>
        {recording.started_at === null ? null : (
          <Fact name="Recorded">
            <Moment at={recording.started_at} form="both" />
          </Fact>
        )}
        {trigger == null ? null : <Fact name="Trigger">{triggerText(trigger)}</Fact>}
        {recording.incident_id == null ? null : (
          <Fact name="Incident">
            <PageLink to="/incidents/$incidentId" params={{ incidentId: recording.incident_id }} inherit>
              {recording.incident_id}
            </PageLink>
          </Fact>
        )}
        <Fact name="Length">{clock(recording.duration_s, 1)}</Fact>
        <Fact name="Size">
          {bytes(recording.size_bytes)}, {plural(recording.message_count ?? 0, "message")}
        </Fact>
        {recording.sha256 == null ? null : <Hash sha256={recording.sha256} />}
      </Group>
      {recording.state === "damaged" ? <Damage recording={recording} /> : null}
    </>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <Text component="span" inherit>
      <Text span c="dimmed" inherit>
        {name}{" "}
      </Text>
      {children}
    </Text>
  );
}

function Hash({ sha256 }: { sha256: string }) {
  return (
    <Group gap={2} wrap="nowrap">
      <Tooltip label={`SHA-256 ${sha256}`} maw={520} multiline>
        <Text component="span" inherit tabIndex={0}>
          <Text span c="dimmed" inherit>
            SHA-256{" "}
          </Text>
          <Text span ff="monospace" size="xs">
            {sha256.slice(0, 10)}
          </Text>
        </Text>
      </Tooltip>
      <Copy text={sha256} label="Copy the hash" />
    </Group>
  );
}

/** Its state, and whether it is kept, as words beside the title. */
export function StateMarks({ recording }: { recording: Recording }) {
  return (
    <>
      <Mark of={recording.state} title={recording.state === "ok" ? "The file was read and is whole" : undefined} />
      {recording.pinned_at == null ? null : <Mark of="pinned" title={recording.pin_reason ?? undefined} />}
    </>
  );
}

function Damage({ recording }: { recording: Recording }) {
  const refusal = useTend();
  const queries = useQueryClient();
  const repairing = useMutation({
    mutationFn: () => {
      const params = { path: { session_id: recording.session_id } };
      return answered(api.POST("/api/v1/recordings/{session_id}/repair", { params }));
    },
    onError: sayProblem,
    onSuccess: () => {
      say("What can be read becomes a recording of its own; it will stand in the list.");
      return queries.invalidateQueries({ queryKey: ["recordings"] });
    },
  });
  return (
    <Alert color="red" icon={<IconAlertTriangle />} title="This file is damaged" mb="sm" role="alert">
      <Text size="sm">{recording.damage ?? "It cannot be read to its end."}</Text>
      <Group gap="sm" mt="xs">
        <ActButton variant="default" refusal={refusal} loading={repairing.isPending} onAct={() => repairing.mutate()}>
          Save what can be read
        </ActButton>
        <Button component="a" href={fileHref(recording.session_id)} download variant="default">
          Download it as it is
        </Button>
      </Group>
    </Alert>
  );
}

export function fileHref(sessionId: string): string {
  return `/api/sessions/${encodeURIComponent(sessionId)}/mcap`;
}
