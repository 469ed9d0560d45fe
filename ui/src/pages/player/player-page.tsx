import { useQuery } from "@tanstack/react-query";
import { useId, useMemo } from "react";
import type { Model } from "~/api/client";
import { Answer } from "~/parts/answer";
import { Page } from "~/parts/page";
import { defaultPlots } from "./model/fields";
import { triggerTime } from "./model/lanes";
import { type PlayerSearch, selectionOf, viewOf } from "./model/place";
import { Player } from "./model/player";
import { nsOf } from "./model/times";
import { PlayingProvider, usePlayback, usePlaying } from "./playing";
import { Plot } from "./plots/plot";
import { fieldsQuery, recordingQuery } from "./queries";
import { LaneRows } from "./timeline/lane-rows";
import { Overview, Ruler } from "./timeline/ruler";
import { TimelineStack } from "./timeline/stack";
import { useLanes } from "./use-lanes";

type Props = { sessionId: string; search: PlayerSearch };

/** One recording, from its beginning to its end. */
export function PlayerPage({ sessionId, search }: Props) {
  const query = useQuery(recordingQuery(sessionId));
  return (
    <Page title={query.data?.label || sessionId} up={{ to: "/recordings", title: "Recordings" }}>
      <Answer query={query}>{(recording) => <Opened recording={recording} search={search} />}</Answer>
    </Page>
  );
}

function Opened({ recording, search }: { recording: Model<"Recording">; search: PlayerSearch }) {
  // biome-ignore lint/correctness/useExhaustiveDependencies: the URL is where it begins; later it follows the player
  const playing = useMemo(() => {
    const startNs = nsOf(recording.started_at ?? "1970-01-01T00:00:00Z");
    const cursor = search.t ?? triggerTime(recording.trigger, startNs) ?? 0;
    const beginning = { cursor, view: viewOf(search), selection: selectionOf(search) ?? null };
    return { startNs, player: new Player(recording.duration_s, beginning) };
  }, [recording.session_id, recording.started_at, recording.duration_s]);
  usePlayback(playing.player);
  return (
    <PlayingProvider value={{ recording, ...playing }}>
      <Timeline search={search} />
    </PlayingProvider>
  );
}

function Timeline({ search }: { search: PlayerSearch }) {
  const { recording } = usePlaying();
  const tree = useQuery(fieldsQuery(recording)).data;
  const plots = search.plots ?? (tree === undefined ? [] : defaultPlots(tree, recording.trigger));
  const lanes = useLanes();
  const group = useId();
  return (
    <TimelineStack>
      <Overview />
      <Ruler />
      <LaneRows lanes={lanes} />
      {plots.map((plot) => (
        <Plot key={plot} fields={plot.split(",")} height={120} group={group} />
      ))}
    </TimelineStack>
  );
}
