import { Group, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useId, useMemo } from "react";
import type { Model } from "~/api/client";
import { clock } from "~/format/time";
import { Answer } from "~/parts/answer";
import { PageLink } from "~/parts/link";
import { defaultPlots } from "./model/fields";
import { placeOf } from "./model/place";
import { Player } from "./model/player";
import { asNs, nsOf, secondsAfter } from "./model/times";
import { PlayingProvider, usePlayer, usePlaying } from "./playing";
import { Plot } from "./plots/plot";
import { fieldsQuery, recordingQuery } from "./queries";
import { LaneRows } from "./timeline/lane-rows";
import { LogLanes } from "./timeline/log-lanes";
import { Ruler } from "./timeline/ruler";
import { TimelineStack } from "./timeline/stack";
import { useLanes } from "./use-lanes";

type Props = {
  sessionId: string;
  /** The moment, in nanoseconds since 1970. */
  timeNs: number | bigint;
  /** How much is shown around it. */
  spanS: number;
  /** `/topic.path`, at most two; what the trigger measured and one more unless given. */
  fields?: string[];
};

/** What a recording shows around a moment: its lanes, a plot or two and a cursor; and the way to all of it. */
export function MomentPreview({ sessionId, timeNs, spanS, fields }: Props) {
  const query = useQuery(recordingQuery(sessionId));
  return (
    <Answer query={query}>
      {(recording) => <Preview recording={recording} timeNs={asNs(timeNs)} spanS={spanS} fields={fields} />}
    </Answer>
  );
}

type PreviewProps = { recording: Model<"Recording">; timeNs: bigint; spanS: number; fields?: string[] };

function Preview({ recording, timeNs, spanS, fields }: PreviewProps) {
  const { started_at, duration_s } = recording;
  const playing = useMemo(() => {
    if (started_at === null) return null;
    const startNs = nsOf(started_at);
    const at = secondsAfter(startNs, timeNs);
    const view = { from: at - spanS / 2, to: at + spanS / 2 };
    return { startNs, player: new Player(duration_s, { cursor: at, view }) };
  }, [started_at, duration_s, timeNs, spanS]);
  if (playing === null || recording.state !== "ok") {
    return (
      <Text size="sm" c="dimmed">
        {recording.damage ?? "Its messages are not here yet."}{" "}
        <PageLink to="/recordings/$recordingId" params={{ recordingId: recording.session_id }}>
          Open the recording
        </PageLink>
      </Text>
    );
  }
  return (
    <PlayingProvider value={{ recording, ...playing }}>
      <Strip fields={fields} />
    </PlayingProvider>
  );
}

function Strip({ fields }: { fields?: string[] }) {
  const { recording } = usePlaying();
  const tree = useQuery(fieldsQuery(recording)).data;
  const shown = fields ?? (tree === undefined ? [] : defaultPlots(tree, recording.trigger));
  const lanes = useLanes();
  const group = useId();
  return (
    <div data-testid="moment-preview">
      <TimelineStack compact>
        <Ruler />
        <LaneRows lanes={lanes} />
        <LogLanes />
        {shown.slice(0, 2).map((field) => (
          <Plot key={field} fields={[field]} height={76} group={group} />
        ))}
      </TimelineStack>
      <Foot plots={shown.slice(0, 2)} />
    </div>
  );
}

/** The cursor's time, and the way to the recording at just that time. */
function Foot({ plots }: { plots: string[] }) {
  const { recording } = usePlaying();
  const cursor = usePlayer((state) => state.cursor);
  const view = usePlayer((state) => state.view);
  const durationS = usePlayer((state) => state.durationS);
  const search = { ...placeOf({ cursor, view, selection: null, durationS }), plots };
  return (
    <Group justify="space-between" gap="sm" pt={6} px={8}>
      <Text size="xs" c="dimmed" ff="monospace">
        {clock(cursor)} of {clock(durationS)}
      </Text>
      <PageLink to="/recordings/$recordingId" params={{ recordingId: recording.session_id }} search={search} size="sm">
        Open the recording here
      </PageLink>
    </Group>
  );
}
