import { queryOptions, useQuery } from "@tanstack/react-query";
import { ask, type Model } from "~/api/client";
import { RangeSource, type ReadRange } from "./mcap/range-source";
import { FACTS_RECORD, factsOf } from "./model/facts";
import { usePlaying } from "./playing";

type Recording = Model<"Recording">;

/** Parts of the file on the hub. What answers with all of it is not read: it may be gigabytes. */
function rangesOf(sessionId: string): ReadRange {
  return async (from, to) => {
    const headers = { Range: `bytes=${from}-${to - 1}` };
    const response = await ask(`/api/sessions/${encodeURIComponent(sessionId)}/mcap`, { headers });
    if (response.status !== 206) {
      await response.body?.cancel();
      throw new Error("The hub, or a proxy before it, answers with whole files only: ranges are needed here.");
    }
    return new Uint8Array(await response.arrayBuffer());
  };
}

export const fileQuery = (recording: Recording) =>
  queryOptions({
    queryKey: ["recording-file", recording.session_id, recording.sha256 ?? `${recording.size_bytes}`],
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 60_000,
    retry: false,
    enabled: recording.state === "ok",
    queryFn: async () => {
      const { RecordingFile } = await import("./mcap/recording-file");
      const file = await RecordingFile.open(new RangeSource(rangesOf(recording.session_id), recording.size_bytes));
      const record = await file.metadata(FACTS_RECORD);
      return { file, facts: record === null ? null : factsOf(record) };
    },
  });

/** The file itself, opened: its summary was read, and nothing else. */
export function useFile() {
  const { recording } = usePlaying();
  return useQuery(fileQuery(recording));
}
