import { answered, api, type Model } from "~/api/client";
import { inParts } from "~/parts/listed";

/** The memory of a board, or of a group of boards. */
export type MemoryPlace = { boardId: string } | { groupId: string };
export type MemorySought = { q?: string; tag?: string; kind?: "chat" | "kept"; entry?: string };
export type Entry = Model<"MemoryEntry">;

export function memory(place: MemoryPlace, { q, tag, kind }: MemorySought) {
  return inParts(["memory", place, q ?? "", tag ?? "", kind ?? ""], (part, signal) => {
    const is_chat = kind === undefined ? undefined : kind === "chat";
    const query = { q, tag: tag === undefined ? undefined : [tag], is_chat, ...part };
    return "boardId" in place
      ? answered(
          api.GET("/api/v1/boards/{board_id}/memory", {
            params: { path: { board_id: place.boardId }, query },
            signal,
          }),
        )
      : answered(
          api.GET("/api/v1/board-groups/{group_id}/memory", {
            params: { path: { group_id: place.groupId }, query },
            signal,
          }),
        );
  });
}

export function remember(place: MemoryPlace, body: Model<"NewMemory">) {
  return "boardId" in place
    ? answered(api.POST("/api/v1/boards/{board_id}/memory", { params: { path: { board_id: place.boardId } }, body }))
    : answered(
        api.POST("/api/v1/board-groups/{group_id}/memory", { params: { path: { group_id: place.groupId } }, body }),
      );
}

export function correct(place: MemoryPlace, entryId: string, body: Model<"MemoryChange">) {
  return "boardId" in place
    ? answered(
        api.PATCH("/api/v1/boards/{board_id}/memory/{memory_id}", {
          params: { path: { board_id: place.boardId, memory_id: entryId } },
          body,
        }),
      )
    : answered(
        api.PATCH("/api/v1/board-groups/{group_id}/memory/{memory_id}", {
          params: { path: { group_id: place.groupId, memory_id: entryId } },
          body,
        }),
      );
}

export function forget(place: MemoryPlace, entryId: string) {
  return "boardId" in place
    ? answered(
        api.DELETE("/api/v1/boards/{board_id}/memory/{memory_id}", {
          params: { path: { board_id: place.boardId, memory_id: entryId } },
        }),
      )
    : answered(
        api.DELETE("/api/v1/board-groups/{group_id}/memory/{memory_id}", {
          params: { path: { group_id: place.groupId, memory_id: entryId } },
        }),
      );
}
