import { Badge, Box, Group, Table, Text } from "@mantine/core";
import { IconPencil } from "@tabler/icons-react";
import type { Model } from "~/api/client";
import { toAdminister } from "~/api/rights";
import { useWhoAmI } from "~/api/session";
import { count } from "~/format/numbers";
import { ActIcon } from "~/parts/act-button";
import { PageLink } from "~/parts/link";
import { Mark } from "~/parts/marks";
import { useUrl } from "~/parts/use-url";
import { GroupForm } from "./group-form";

type Props = {
  boards: Model<"SeenBoard">[] | Model<"GroupedBoard">[];
  group?: Model<"BoardGroup">;
  isEditing?: boolean;
};

/** Boards with how much is on each. */
export function BoardTable({ boards, group, isEditing = false }: Props) {
  const refusal = toAdminister(useWhoAmI());
  const url = useUrl();
  return (
    <Box mb="lg">
      {group === undefined ? null : (
        <Group gap={4} mb={4}>
          <PageLink to={`/boards/groups/${group.id}` as string} fw={600}>
            {group.name}
          </PageLink>
          <ActIcon
            label={`Edit the group ${group.name}`}
            refusal={refusal}
            size="sm"
            onAct={() => url({ group: group.id }, "opens")}
          >
            <IconPencil size={14} />
          </ActIcon>
          {isEditing ? <GroupForm group={group} close={() => url({ group: undefined }, "closes")} /> : null}
        </Group>
      )}
      {boards.length === 0 ? (
        <Text size="sm" c="dimmed">
          No board is in this group; the rules of a board say which group it is in.
        </Text>
      ) : (
        <Table
          withTableBorder
          highlightOnHover
          layout="fixed"
          style={{ overflowWrap: "normal" }}
          aria-label={group?.name ?? "Boards"}
        >
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Board</Table.Th>
              <Table.Th ta="right" w={{ base: 60, sm: 70 }}>
                Inbox
              </Table.Th>
              <Table.Th ta="right" visibleFrom="sm" w={112}>
                In progress
              </Table.Th>
              <Table.Th ta="right" w={{ base: 68, sm: 80 }}>
                Review
              </Table.Th>
              <Table.Th ta="right" visibleFrom="sm" w={100}>
                Done
              </Table.Th>
              <Table.Th ta="right" w={{ base: 92, sm: 95 }}>
                Approvals
              </Table.Th>
              <Table.Th ta="right" visibleFrom="sm" w={100}>
                Agents
              </Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {boards.map((one) => (
              <Row key={one.board.id} seen={one} />
            ))}
          </Table.Tbody>
        </Table>
      )}
    </Box>
  );
}

function Row({ seen }: { seen: Model<"GroupedBoard"> & { can_write?: boolean } }) {
  const { board, counts } = seen;
  return (
    <Table.Tr>
      <Table.Td>
        <Group gap="xs">
          <PageLink to={`/boards/${board.id}` as string} fw={500} size="sm">
            {board.name}
          </PageLink>
          {seen.can_write === false ? <Mark of="read only" /> : null}
        </Group>
        {board.objective === "" ? null : (
          <Text size="xs" c="dimmed" lineClamp={1}>
            {board.objective}
          </Text>
        )}
      </Table.Td>
      <Figure value={counts.inbox} />
      <Figure value={counts.in_progress} visibleFrom="sm" />
      <Figure value={counts.review} />
      <Figure value={counts.done} visibleFrom="sm" />
      <Table.Td ta="right">
        {(counts.pending_approvals ?? 0) > 0 ? (
          <PageLink to={`/boards/${board.id}/approvals` as string} search={{ status: "pending" } as never}>
            <Badge color="yellow">{count(counts.pending_approvals ?? 0)}</Badge>
          </PageLink>
        ) : (
          <Text span inherit c="dimmed">
            0
          </Text>
        )}
      </Table.Td>
      <Figure value={counts.agents} visibleFrom="sm" />
    </Table.Tr>
  );
}

function Figure({ value = 0, visibleFrom }: { value?: number; visibleFrom?: "sm" }) {
  return (
    <Table.Td ta="right" visibleFrom={visibleFrom} c={value === 0 ? "dimmed" : undefined}>
      {count(value)}
    </Table.Td>
  );
}
