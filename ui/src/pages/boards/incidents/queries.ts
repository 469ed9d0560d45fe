import { answered, api } from "~/api/client";
import { inParts, MOST } from "~/parts/listed";

/** The incidents that a board works on, the latest first. */
export function incidentsOfBoard(boardId: string) {
  return inParts(
    ["incidents", "of-board", boardId],
    (query, signal) =>
      answered(
        api.GET("/api/v1/boards/{board_id}/incidents", { params: { path: { board_id: boardId }, query }, signal }),
      ),
    MOST,
  );
}

/** Which incidents become tasks of it by themselves. */
export function rulesOfBoard(boardId: string) {
  return inParts(["boards", boardId, "incident-rules"], (query, signal) =>
    answered(
      api.GET("/api/v1/boards/{board_id}/incident-rules", { params: { path: { board_id: boardId }, query }, signal }),
    ),
  );
}
