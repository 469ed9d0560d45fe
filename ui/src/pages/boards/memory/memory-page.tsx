import { Stack } from "@mantine/core";
import { useOnBoard } from "../board/on-board";
import { MemoryPart } from "./memory-part";
import type { MemorySought } from "./memory-queries";

/** What a board remembers, and what is said there. */
export function BoardMemoryPage({ sought }: { sought: MemorySought }) {
  const { boardId, toWrite } = useOnBoard();
  return (
    <Stack maw={860}>
      <MemoryPart place={{ boardId }} sought={sought} toWrite={toWrite} />
    </Stack>
  );
}
