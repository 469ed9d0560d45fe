import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import type { Model } from "~/api/client";
import { Answer } from "~/parts/answer";
import { Empty } from "~/parts/empty";
import { Page } from "~/parts/page";
import { PlayerActions } from "./actions";
import { RecordingHead, StateMarks } from "./head";
import { triggerTime } from "./model/lanes";
import { type PlayerSearch, selectionOf, viewOf } from "./model/place";
import { Player } from "./model/player";
import { nsOf, secondsAfter } from "./model/times";
import { PlayingProvider, usePlayback } from "./playing";
import { recordingQuery } from "./queries";
import { PlaceInUrl } from "./use-place";
import { Workbench } from "./workbench";

type Props = { sessionId: string; search: PlayerSearch };
type Recording = Model<"Recording">;
const UP = { to: "/recordings", title: "Recordings" };

/** One recording, from its beginning to its end. */
export function PlayerPage({ sessionId, search }: Props) {
  const query = useQuery(recordingQuery(sessionId));
  const recording = query.data;
  if (recording?.state === "ok" && recording.started_at !== null) {
    return <Opened recording={recording} startedAt={recording.started_at} search={search} />;
  }
  return (
    <Page title={recording?.label || sessionId} up={UP} marks={recording ? <StateMarks recording={recording} /> : null}>
      <Answer query={query}>
        {(known) => (
          <>
            <RecordingHead recording={known} />
            <NotYet recording={known} />
          </>
        )}
      </Answer>
    </Page>
  );
}

type OpenedProps = { recording: Recording; startedAt: string; search: PlayerSearch };

function Opened({ recording, startedAt, search }: OpenedProps) {
  const { session_id, duration_s } = recording;
  // biome-ignore lint/correctness/useExhaustiveDependencies: the URL is where it begins; later it follows the player
  const playing = useMemo(() => {
    const startNs = nsOf(startedAt);
    const moment = search.ns === undefined ? undefined : secondsAfter(startNs, BigInt(search.ns));
    const cursor = search.t ?? moment ?? triggerTime(recording.trigger, startNs) ?? 0;
    const { speed } = search;
    const beginning = { cursor, view: viewOf(search), selection: selectionOf(search) ?? null, speed };
    return { startNs, player: new Player(duration_s, beginning) };
  }, [session_id, startedAt, duration_s]);
  usePlayback(playing.player);
  return (
    <PlayingProvider value={{ recording, ...playing }}>
      <PlaceInUrl sessionId={session_id} player={playing.player} search={search}>
        <Page
          title={recording.label || session_id}
          up={UP}
          marks={<StateMarks recording={recording} />}
          actions={<PlayerActions />}
        >
          <RecordingHead recording={recording} />
          <Workbench />
        </Page>
      </PlaceInUrl>
    </PlayingProvider>
  );
}

const WAITING: Partial<Record<Recording["state"], [string, string]>> = {
  announced: [
    "Its bytes are still on the robot",
    "The robot has told of this recording and sends it when its link allows. This page opens it by itself then.",
  ],
  indexing: ["It is being read", "The file is here; its topics and times are being looked up. It opens by itself."],
  ok: ["It has no messages", "The file is whole, and empty."],
};

function NotYet({ recording }: { recording: Recording }) {
  const told = WAITING[recording.state];
  return told === undefined ? null : <Empty title={told[0]}>{told[1]}</Empty>;
}
