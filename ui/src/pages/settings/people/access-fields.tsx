import { SegmentedControl, Stack, Table, Text } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { answered, api, type Model } from "~/api/client";
import { Answer } from "~/parts/answer";
import { inParts, MOST, useEverything } from "~/parts/listed";

export type Access = Model<"Access">;
type May = "no" | "read" | "write";

const EVERY = [
  { value: "no", label: "Single boards" },
  { value: "read", label: "Sees all" },
  { value: "write", label: "Changes all" },
];
const ONE = [
  { value: "no", label: "–" },
  { value: "read", label: "sees" },
  { value: "write", label: "changes" },
];

const allBoards = inParts(
  ["boards", "names"],
  (query, signal) => answered(api.GET("/api/v1/boards", { params: { query }, signal })),
  MOST,
);

/** Which boards somebody may see or change: all of them, or each for itself. */
export function AccessFields({ access, change }: { access: Access; change: (access: Access) => void }) {
  const boards = useEverything(useInfiniteQuery(allBoards));
  const every: May = access.all_boards_write ? "write" : access.all_boards_read ? "read" : "no";
  return (
    <Stack gap="sm">
      <SegmentedControl
        aria-label="Of all boards, those to come included"
        data={EVERY}
        value={every}
        onChange={(may) => change({ ...access, all_boards_read: may !== "no", all_boards_write: may === "write" })}
      />
      {every === "write" ? null : (
        <Answer query={boards}>
          {({ items }) =>
            items.length === 0 ? (
              <Text size="sm" c="dimmed">
                There is no board yet.
              </Text>
            ) : (
              <Table aria-label="Boards">
                <Table.Tbody>
                  {items.map((board) => (
                    <Table.Tr key={board.id}>
                      <Table.Td>{board.name}</Table.Td>
                      <Table.Td ta="right">
                        <SegmentedControl
                          aria-label={`May on ${board.name}`}
                          data={ONE}
                          value={mayOf(access, board.id)}
                          onChange={(may) => change(granted(access, board.id, may as May))}
                        />
                      </Table.Td>
                    </Table.Tr>
                  ))}
                </Table.Tbody>
              </Table>
            )
          }
        </Answer>
      )}
    </Stack>
  );
}

export function mayOf(access: Access, boardId: string): May {
  const grant = access.boards?.find((one) => one.board_id === boardId);
  return grant === undefined ? "no" : grant.can_write ? "write" : "read";
}

export function granted(access: Access, boardId: string, may: May): Access {
  const others = (access.boards ?? []).filter((one) => one.board_id !== boardId);
  return {
    ...access,
    boards: may === "no" ? others : [...others, { board_id: boardId, can_write: may === "write" }],
  };
}
