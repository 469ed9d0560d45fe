import { Group, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useWhoAmI } from "~/api/session";
import { Answer } from "~/parts/answer";
import { PageLink } from "~/parts/link";
import { Mark } from "~/parts/marks";
import { Moment } from "~/parts/moment";
import { Page } from "~/parts/page";
import { Panel } from "~/parts/panel";
import { BoardTable } from "./board-table";
import { MemoryPart } from "./memory/memory-part";
import type { MemorySought } from "./memory/memory-queries";
import { groupSnapshot, writable } from "./model/queries";
import { toWrite } from "./model/rights";

/** A group of boards: how much is on each, who works there, what waits, and what all of them remember. */
export function GroupPage({ groupId, sought }: { groupId: string; sought: MemorySought }) {
  const found = useQuery(groupSnapshot(groupId));
  const seen = useQuery(writable(groupId)).data?.items ?? [];
  const me = useWhoAmI();
  const canWrite = seen.some(({ can_write }) => can_write) || me?.role === "owner";
  return (
    <Page title={found.data?.group.name ?? "Group"} up={{ to: "/boards", title: "Boards" }}>
      <Answer query={found}>
        {({ group, boards, agents, pending_approvals }) => (
          <Stack>
            {group.description === "" ? null : <Text size="sm">{group.description}</Text>}
            <BoardTable boards={boards} />
            {agents.length === 0 ? null : (
              <Panel title="Agents">
                <Group gap="md">
                  {agents.map((agent) => (
                    <Group key={agent.id} gap={6}>
                      <PageLink
                        to={`/boards/${agent.board_id}/agents` as string}
                        search={{ agent: agent.id } as never}
                        size="sm"
                      >
                        {agent.name}
                      </PageLink>
                      <Mark of={agent.liveness} />
                    </Group>
                  ))}
                </Group>
              </Panel>
            )}
            {pending_approvals.length === 0 ? null : (
              <Panel title="Approvals that wait">
                {pending_approvals.map((one) => (
                  <Group key={one.id} gap="xs">
                    <PageLink
                      to={`/boards/${one.board_id}/approvals` as string}
                      search={{ approval: one.id } as never}
                      size="sm"
                    >
                      {one.shown.tasks[0]?.title ?? one.action_type}
                    </PageLink>
                    <Text span size="xs" c="dimmed">
                      asked by {one.requested_by_name} <Moment at={one.created_at} />
                    </Text>
                  </Group>
                ))}
              </Panel>
            )}
            <Panel title="What all of them remember">
              <MemoryPart place={{ groupId }} sought={sought} toWrite={toWrite({ can_write: canWrite }, me)} />
            </Panel>
          </Stack>
        )}
      </Answer>
    </Page>
  );
}
