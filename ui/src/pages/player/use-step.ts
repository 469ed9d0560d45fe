import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useMemo } from "react";
import { nsAt, secondsAfter } from "./model/times";
import { usePlaying } from "./playing";
import { fileQuery } from "./use-file";
import { usePlace } from "./use-place";

// Where the file has no messages to step through, as far as a slow camera's next picture.
const BLIND_STEP_S = 0.1;

/** Steps through the messages of the topic that is inspected, else of what is plotted first. */
export function useStep(): { step: (direction: 1 | -1) => void; topic: string | undefined } {
  const { player, recording, startNs } = usePlaying();
  const { search } = usePlace();
  const queries = useQueryClient();
  const plotted = search.plots?.[0];
  const topic = useMemo(() => {
    if (search.topic !== undefined) return search.topic;
    const names = recording.topics.filter((name) => plotted?.startsWith(name));
    const measured = recording.trigger?.topic;
    return names.sort((one, other) => other.length - one.length)[0] ?? measured ?? recording.topics[0];
  }, [search.topic, plotted, recording]);
  const step = useCallback(
    (direction: 1 | -1) => {
      player.pause();
      const { cursor } = player.state;
      // The cursor is in microseconds where a link set it: the message it stands on must not be found again.
      const from = nsAt(startNs, cursor) + (direction === 1 ? 1_000n : -1_000n);
      const blindly = () => player.seek(cursor + direction * BLIND_STEP_S);
      const stepping = async () => {
        const { file } = await queries.ensureQueryData(fileQuery(recording));
        const time = await file.stepFrom(topic ?? "", from, direction);
        if (time !== null) player.seek(secondsAfter(startNs, time));
      };
      stepping().catch(blindly);
    },
    [player, queries, recording, topic, startNs],
  );
  return { step, topic };
}
