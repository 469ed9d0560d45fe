import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { answered, api, type Model } from "~/api/client";
import type { Tile } from "./model/refine";

type Recording = Model<"Recording">;

export const recordingQuery = (sessionId: string) =>
  queryOptions({
    queryKey: ["recordings", sessionId],
    queryFn: ({ signal }): Promise<Recording> =>
      answered(api.GET("/api/sessions/{session_id}", { params: { path: { session_id: sessionId } }, signal })),
  });

// What is in a file does not change while it is the same file, whatever the hub says of other recordings.
const contents = (recording: Recording) => [
  "recording-contents",
  recording.session_id,
  recording.sha256 ?? `${recording.size_bytes}`,
];
const FOR_GOOD = { staleTime: Number.POSITIVE_INFINITY, gcTime: 10 * 60_000 };

export const fieldsQuery = (recording: Recording) =>
  queryOptions({
    ...FOR_GOOD,
    queryKey: [...contents(recording), "fields"],
    enabled: recording.state === "ok",
    queryFn: ({ signal }): Promise<Model<"FieldTree">> => {
      const path = { session_id: recording.session_id };
      return answered(api.GET("/api/sessions/{session_id}/fields", { params: { path }, signal }));
    },
  });

export const seriesQuery = (recording: Recording, fields: string[], tile: Tile) =>
  queryOptions({
    ...FOR_GOOD,
    queryKey: [...contents(recording), "series", fields.join(","), tile],
    enabled: fields.length > 0 && recording.state === "ok",
    // The coarser line stays on the screen until the finer one is there.
    placeholderData: keepPreviousData,
    retry: false,
    queryFn: ({ signal }): Promise<Model<"SeriesList">> => {
      const path = { session_id: recording.session_id };
      const part = tile.isWhole ? {} : { start: tile.start, end: tile.end };
      const query = { fields: fields.join(","), points: tile.points, ...part };
      return answered(api.GET("/api/sessions/{session_id}/series", { params: { path, query }, signal }));
    },
  });

export const annotationsKey = (sessionId: string) => ["recordings", sessionId, "annotations"];
const PAGE = 200;
// More remarks than this nobody reads on one timeline.
const MOST_ANNOTATIONS = 2_000;

export const annotationsQuery = (sessionId: string) =>
  queryOptions({
    queryKey: annotationsKey(sessionId),
    queryFn: async ({ signal }): Promise<Model<"Annotation">[]> => {
      const found: Model<"Annotation">[] = [];
      for (;;) {
        const params = { path: { session_id: sessionId }, query: { limit: PAGE, offset: found.length } };
        const page = await answered(api.GET("/api/sessions/{session_id}/annotations", { params, signal }));
        found.push(...page.annotations);
        if (page.annotations.length < PAGE || found.length >= Math.min(page.total, MOST_ANNOTATIONS)) return found;
      }
    },
  });
