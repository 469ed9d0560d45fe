import { Alert, Group, Select, Skeleton, Stack, Text } from "@mantine/core";
import type { UseQueryResult } from "@tanstack/react-query";
import { lazy, Suspense } from "react";
import type { Model } from "~/api/client";
import { bytes } from "~/format/numbers";
import type { PreviewPlace } from "~/pages/player";
import { Answer } from "~/parts/answer";
import { PageLink } from "~/parts/link";
import { Panel } from "~/parts/panel";
import { momentOf } from "./moment-of";
import type { Incident } from "./queries";

// The player is the largest part of this page and not what is read first.
const MomentPreview = lazy(() => import("~/pages/player").then((player) => ({ default: player.MomentPreview })));
const SHOWN_S = 10;

type Props = {
  incident: Incident;
  recordingId: string | undefined;
  query: UseQueryResult<Model<"Recording">>;
  onChoose: (recordingId: string) => void;
} & Placed;
type Placed = { place: PreviewPlace; onPlace: (place: PreviewPlace) => void };

/** What was recorded around the trigger. */
export function RecordingPanel({ incident, recordingId, query, onChoose, ...placed }: Props) {
  const ids = incident.session_ids ?? [];
  return (
    <Panel
      title="Around the trigger"
      actions={
        ids.length > 1 ? (
          <Select
            aria-label="Recording"
            allowDeselect={false}
            searchable
            w={{ base: 200, sm: 280 }}
            data={ids}
            value={recordingId ?? null}
            onChange={(chosen) => chosen !== null && onChoose(chosen)}
          />
        ) : null
      }
    >
      {recordingId === undefined ? (
        <Text size="sm" c="dimmed">
          No recording belongs to it. A recorder sends one when a rule fires, a guard asks for it, or somebody says{" "}
          <code>pilothouse recorder save</code>.
        </Text>
      ) : (
        <Answer query={query} loading={<Skeleton height={180} />}>
          {(recording) => <Shown incident={incident} recording={recording} {...placed} />}
        </Answer>
      )}
    </Panel>
  );
}

type ShownProps = Placed & { incident: Incident; recording: Model<"Recording"> };

function Shown({ incident, recording, ...placed }: ShownProps) {
  const moment = momentOf(recording, incident.opened_at);
  return (
    <Stack gap="xs">
      <Group gap="sm" fz="sm">
        <PageLink to="/recordings/$recordingId" params={{ recordingId: recording.session_id }} search={{}} inherit>
          {recording.session_id}
        </PageLink>
        <Text size="sm" c="dimmed">
          {recording.duration_s.toFixed(1)} s, {bytes(recording.size_bytes)}
        </Text>
      </Group>
      {recording.state === "damaged" ? (
        <Alert color="red" title="This file is damaged">
          {recording.damage}
        </Alert>
      ) : null}
      {recording.state === "announced" || recording.state === "indexing" ? (
        <Text size="sm" c="dimmed">
          The robot has told of it; its bytes are on their way.
        </Text>
      ) : null}
      {moment === null ? null : (
        <Suspense fallback={<Skeleton height={180} />}>
          <MomentPreview
            key={recording.session_id}
            sessionId={recording.session_id}
            timeNs={moment}
            spanS={Math.min(SHOWN_S, Math.max(1, recording.duration_s))}
            {...placed}
          />
        </Suspense>
      )}
    </Stack>
  );
}
