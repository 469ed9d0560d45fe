import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { type Lane, lanesOf } from "./model/lanes";
import { usePlaying } from "./playing";
import { annotationsQuery } from "./queries";

/** The lanes of the recording that is looked at. */
export function useLanes(): Lane[] {
  const { recording, startNs, player } = usePlaying();
  const annotations = useQuery(annotationsQuery(recording.session_id)).data;
  const { durationS } = player.state;
  return useMemo(
    () => lanesOf({ recording, startNs, durationS, facts: null, annotations: annotations ?? [], gaps: [] }),
    [recording, startNs, durationS, annotations],
  );
}
