import { queryOptions } from "@tanstack/react-query";
import { answered, api } from "~/api/client";
import { type Found, ofBoard, ofIncident, ofRecording, ofRobot, ofTask } from "./found";

const EACH = 5;
// Tasks are asked for board by board; those that changed last are the likeliest.
const BOARDS = 6;

/** What the hub knows under the typed words; what this person may not see is left out, not an error. */
export function searching(typed: string) {
  return queryOptions({
    queryKey: ["finder", typed],
    enabled: typed.length > 1,
    staleTime: 10_000,
    queryFn: async ({ signal }): Promise<Found[]> => {
      const found = await Promise.all(
        [robots(typed, signal), incidents(typed, signal), recordings(typed, signal), boardsAndTasks(typed, signal)].map(
          (one) => one.catch(() => []),
        ),
      );
      return found.flat();
    },
  });
}

async function robots(text: string, signal: AbortSignal): Promise<Found[]> {
  const query = { text, limit: EACH };
  return (await answered(api.GET("/api/v1/robots", { params: { query }, signal }))).items.flatMap(ofRobot);
}

async function incidents(q: string, signal: AbortSignal): Promise<Found[]> {
  const query = { q, limit: EACH };
  return (await answered(api.GET("/api/v1/incidents", { params: { query }, signal }))).items.map(ofIncident);
}

async function recordings(q: string, signal: AbortSignal): Promise<Found[]> {
  const query = { q, limit: EACH };
  return (await answered(api.GET("/api/sessions", { params: { query }, signal }))).sessions.map(ofRecording);
}

async function boardsAndTasks(q: string, signal: AbortSignal): Promise<Found[]> {
  const boards = (await answered(api.GET("/api/v1/boards", { params: { query: { limit: BOARDS } }, signal }))).items;
  const tasks = await Promise.all(
    boards.map(async (board) => {
      const params = { path: { board_id: board.id }, query: { q, limit: EACH } };
      const page = await answered(api.GET("/api/v1/boards/{board_id}/tasks", { params, signal }));
      return page.items.map((task) => ofTask(task, board));
    }),
  );
  const named = boards.filter(({ name }) => name.toLowerCase().includes(q.toLowerCase()));
  return [...tasks.flat().slice(0, 2 * EACH), ...named.map(ofBoard)];
}
