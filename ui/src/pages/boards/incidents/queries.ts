import { queryOptions } from "@tanstack/react-query";
import { answered, api } from "~/api/client";

const MOST = 200;

/** The incidents that a board works on, the latest first. */
export function incidentsOfBoard(boardId: string) {
  return queryOptions({
    queryKey: ["incidents", "of-board", boardId],
    queryFn: ({ signal }) => {
      const params = { path: { board_id: boardId }, query: { limit: MOST } };
      return answered(api.GET("/api/v1/boards/{board_id}/incidents", { params, signal }));
    },
  });
}
