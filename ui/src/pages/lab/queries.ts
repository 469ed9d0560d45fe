import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { answered, api, type Model } from "~/api/client";
import { inParts, MOST } from "~/parts/listed";

export type LabSession = Model<"LabSession">;
export type LabCommand = Model<"LabCommand">;
export type LabArtifact = Model<"LabArtifact">;
export type LabRepository = Model<"LabRepository">;
export type LabBatch = Model<"LabBatch">;
export type SessionState = Model<"LabSessionState">;

export const PAGE_SIZE = 50;

export type SessionsSearch = {
  state?: SessionState[];
  all?: true;
  repository?: string;
  label?: string;
  incident?: string;
  batch?: string;
  commit?: string;
  offset?: number;
};

export const sessionsQuery = (search: SessionsSearch, limit = PAGE_SIZE) =>
  queryOptions({
    queryKey: ["lab", "sessions", search, limit],
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) =>
      answered(
        api.GET("/sessions", {
          params: {
            query: {
              state: search.state,
              all: search.all,
              repository: search.repository,
              label: search.label,
              incident_id: search.incident,
              batch_id: search.batch,
              commit_sha: search.commit,
              limit,
              offset: search.offset,
            },
          },
          signal,
        }),
      ),
  });

export const sessionQuery = (sessionId: string) =>
  queryOptions({
    queryKey: ["lab", "session", sessionId],
    queryFn: ({ signal }) =>
      answered(api.GET("/sessions/{session_id}", { params: { path: { session_id: sessionId } }, signal })),
  });

export const commandsQuery = (sessionId: string) =>
  inParts(
    ["lab", "commands", sessionId],
    (query, signal) =>
      answered(
        api.GET("/sessions/{session_id}/commands", { params: { path: { session_id: sessionId }, query }, signal }),
      ),
    MOST,
  );

export const artifactsQuery = (sessionId: string) =>
  inParts(
    ["lab", "artifacts", sessionId],
    (query, signal) =>
      answered(
        api.GET("/sessions/{session_id}/artifacts", { params: { path: { session_id: sessionId }, query }, signal }),
      ),
    MOST,
  );

export const repositoriesQuery = inParts(
  ["lab", "repositories"],
  (query, signal) => answered(api.GET("/repository", { params: { query }, signal })),
  MOST,
);

export const batchesQuery = (offset: number | undefined) =>
  queryOptions({
    queryKey: ["lab", "batches", offset],
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) => answered(api.GET("/batches", { params: { query: { limit: PAGE_SIZE, offset } }, signal })),
  });

export const batchQuery = (batchId: string) =>
  queryOptions({
    queryKey: ["lab", "batch", batchId],
    queryFn: ({ signal }) =>
      answered(api.GET("/batches/{batch_id}", { params: { path: { batch_id: batchId } }, signal })),
  });

export const sandboxQuery = queryOptions({
  queryKey: ["lab", "sandbox"],
  // No event tells of what runs at a worker.
  refetchInterval: 15_000,
  queryFn: ({ signal }) => answered(api.GET("/sandbox", { signal })),
});

/** Recordings to choose from, by words of their names. */
export const recordingNamesQuery = (words: string) =>
  queryOptions({
    queryKey: ["recordings", "names", words],
    placeholderData: keepPreviousData,
    queryFn: async ({ signal }) => {
      const query = { limit: 20, q: words === "" ? undefined : words };
      const found = await answered(api.GET("/api/sessions", { params: { query }, signal }));
      return found.sessions.map((one) => one.session_id);
    },
  });
