import { Group, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useId, useMemo, useRef } from "react";
import type { Model } from "~/api/client";
import { clock } from "~/format/time";
import { Answer } from "~/parts/answer";
import { PageLink } from "~/parts/link";
import { defaultPlots } from "./model/fields";
import { type PlayerSearch, placeOf, samePlace, viewOf } from "./model/place";
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
import { useSettled } from "./use-place";

type Props = {
  sessionId: string;
  /** The moment, in nanoseconds since 1970. */
  timeNs: number | bigint;
  /** How much is shown around it. */
  spanS: number;
  /** `/topic.path`, at most two; what the trigger measured and one more unless given. */
  fields?: string[];
  /** Where one looks instead, and told of it, as the URL of the page has it. */
  place: PreviewPlace;
  onPlace: (place: PreviewPlace) => void;
};

/** The cursor and the window, in seconds from the start of the recording; nothing at the moment itself. */
export type PreviewPlace = Pick<PlayerSearch, "t" | "from" | "to">;

/** What a recording shows around a moment: its lanes, a plot or two and a cursor; and the way to all of it. */
export function MomentPreview({ sessionId, timeNs, ...rest }: Props) {
  const query = useQuery(recordingQuery(sessionId));
  return (
    <Answer query={query}>{(recording) => <Preview recording={recording} timeNs={asNs(timeNs)} {...rest} />}</Answer>
  );
}

type PreviewProps = Omit<Props, "sessionId" | "timeNs"> & { recording: Model<"Recording">; timeNs: bigint };

function Preview({ recording, timeNs, spanS, fields, ...placed }: PreviewProps) {
  const { started_at, duration_s } = recording;
  const playing = useMemo(() => {
    if (started_at === null) return null;
    const startNs = nsOf(started_at);
    const at = secondsAfter(startNs, timeNs);
    const view = { from: at - spanS / 2, to: at + spanS / 2 };
    const player = new Player(duration_s, { cursor: at, view });
    return { startNs, player, moment: placeOf(player.state) };
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
      <PlaceKept player={playing.player} moment={playing.moment} {...placed} />
      <Strip fields={fields} />
    </PlayingProvider>
  );
}

const AT_THE_MOMENT: PreviewPlace = { t: undefined, from: undefined, to: undefined };

type KeptProps = Pick<Props, "place" | "onPlace"> & { player: Player; moment: PlayerSearch };

/** Keeps the URL and the preview at the same place; at the moment itself the URL need not say so. */
function PlaceKept({ player, moment, place, onPlace }: KeptProps) {
  const told = useRef<PreviewPlace>(AT_THE_MOMENT);
  useSettled(player, () => {
    const { t, from, to } = placeOf(player.state);
    told.current = samePlace({ t, from, to }, moment) ? AT_THE_MOMENT : { t, from, to };
    if (!samePlace(told.current, place)) onPlace(told.current);
  });
  useEffect(() => {
    if (samePlace(place, told.current)) return;
    told.current = place;
    const wanted = samePlace(place, AT_THE_MOMENT) ? moment : place;
    const view = viewOf(wanted);
    if (view === undefined) player.showAll();
    else player.show(view);
    if (wanted.t !== undefined) player.seek(wanted.t);
  }, [place, moment, player]);
  return null;
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
