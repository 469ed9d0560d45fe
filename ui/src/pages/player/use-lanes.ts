import { useQueries, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { gapsIn, type Lane, lanesOf } from "./model/lanes";
import { secondsAfter } from "./model/times";
import { usePlaying } from "./playing";
import { annotationsQuery } from "./queries";
import { useFile } from "./use-file";

// Topics of which it is looked up when their messages are missing.
const MOST_GAP_TOPICS = 8;

/** The lanes of the recording that is looked at. */
export function useLanes(): Lane[] {
  const { recording, startNs, player } = usePlaying();
  const annotations = useQuery(annotationsQuery(recording.session_id)).data;
  const facts = useFile().data?.facts ?? null;
  const gaps = useGaps();
  const { durationS } = player.state;
  return useMemo(
    () => lanesOf({ recording, startNs, durationS, facts, annotations: annotations ?? [], gaps }),
    [recording, startNs, durationS, facts, annotations, gaps],
  );
}

/** Where topics that lost messages are silent. */
function useGaps() {
  const { recording, startNs } = usePlaying();
  const file = useFile().data?.file;
  const topics = Object.keys(recording.drops ?? {}).slice(0, MOST_GAP_TOPICS);
  return useQueries({
    queries: topics.map((topic) => ({
      queryKey: ["recording-file", recording.session_id, recording.sha256, "gaps", topic],
      enabled: file !== undefined,
      staleTime: Number.POSITIVE_INFINITY,
      retry: false,
      queryFn: async () => {
        const times = (await file?.timesOf(topic)) ?? [];
        return gapsIn(
          topic,
          times.map((time) => secondsAfter(startNs, time)),
        );
      },
    })),
    combine: (results) => results.flatMap((result) => result.data ?? []),
  });
}
