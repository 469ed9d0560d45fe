import { useCallback, useMemo } from "react";
import { sayProblem } from "~/parts/say";
import { nsAt, secondsAfter } from "./model/times";
import { usePlaying } from "./playing";
import { useFile } from "./use-file";
import { usePlace } from "./use-place";

// Where the file has no messages to step through, as far as a slow camera's next picture.
const BLIND_STEP_S = 0.1;

/** Steps through the messages of the topic that is inspected, else of what is plotted first. */
export function useStep(): { step: (direction: 1 | -1) => void; topic: string | undefined } {
  const { player, recording, startNs } = usePlaying();
  const { search } = usePlace();
  const file = useFile().data?.file;
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
      if (file === undefined || topic === undefined) {
        player.seek(cursor + direction * BLIND_STEP_S);
        return;
      }
      // The cursor is in microseconds where a link set it: the message it stands on must not be found again.
      const from = nsAt(startNs, cursor) + (direction === 1 ? 1_000n : -1_000n);
      file
        .stepFrom(topic, from, direction)
        .then((time) => player.seek(time === null ? cursor : secondsAfter(startNs, time)))
        .catch(sayProblem);
    },
    [player, file, topic, startNs],
  );
  return { step, topic };
}
