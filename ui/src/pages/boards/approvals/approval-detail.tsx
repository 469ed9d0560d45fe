import { Alert, Box, Button, Code, Group, Stack, Table, Text, Title } from "@mantine/core";
import { IconArrowLeft } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useWhoAmI } from "~/api/session";
import { Answer } from "~/parts/answer";
import { Copy } from "~/parts/command";
import { Mark } from "~/parts/marks";
import { Moment } from "~/parts/moment";
import { Panel } from "~/parts/panel";
import { useUrl } from "~/parts/use-url";
import { type Approval, approval as oneApproval, snapshot } from "../model/queries";
import { toWrite } from "../model/rights";
import { Who } from "../who";
import { Decide } from "./decide";
import { ShownPart } from "./shown-part";

/** One approval: what exactly is asked, and what was decided about it. */
export function ApprovalDetail({ boardId, approvalId }: { boardId: string; approvalId: string }) {
  const found = useQuery(oneApproval(boardId, approvalId));
  const board = useQuery(snapshot(boardId));
  const me = useWhoAmI();
  const url = useUrl();
  return (
    <Stack gap="md">
      <Button
        variant="subtle"
        hiddenFrom="md"
        w="fit-content"
        leftSection={<IconArrowLeft size={14} />}
        onClick={() => url({ approval: undefined, board: undefined }, "closes")}
      >
        All approvals
      </Button>
      <Answer query={found}>
        {(approval) => (
          <>
            <Panel>
              <Head approval={approval} boardName={board.data?.board.name} />
              <ShownPart approval={approval} />
            </Panel>
            {board.data === undefined ? null : (
              <Decide
                key={approval.id}
                approval={approval}
                board={{ ...board.data.board, can_write: board.data.can_write }}
                toWrite={toWrite(board.data, me)}
              />
            )}
            <Decisions approval={approval} />
          </>
        )}
      </Answer>
    </Stack>
  );
}

const GOOD: Record<string, string> = { pending: "expires", approved: "good until", expired: "expired" };

function Head({ approval, boardName }: { approval: Approval; boardName?: string }) {
  return (
    <Box mb="md">
      <Group gap="xs">
        <Title order={2}>
          {approval.action_type === "task.done" ? "Let it be done" : `Allow ${approval.action_type}`}
        </Title>
        <Mark of={approval.status} />
      </Group>
      <Group gap="xs" mt={4}>
        <Text size="sm" component="div">
          <Who kind={approval.requested_by_kind} name={approval.requested_by_name} /> asked{" "}
          <Moment at={approval.created_at} />
          {boardName === undefined ? "" : ` on ${boardName}`}
        </Text>
        {GOOD[approval.status] === undefined ? null : (
          <Text size="sm" c="dimmed" component="div">
            {GOOD[approval.status]} <Moment at={approval.expires_at} form="both" />
          </Text>
        )}
      </Group>
      <Group gap={4} mt={4}>
        <Text size="xs" c="dimmed">
          action <Code>{approval.action_type}</Code> · version {approval.version} · shown{" "}
          <Code title={approval.digest}>{approval.digest.slice(0, 16)}</Code>
        </Text>
        <Copy text={approval.digest} label="Copy the digest of what was shown" />
      </Group>
      {approval.void_reason === null ? null : (
        <Alert color="yellow" mt="xs" py={6}>
          Void: {approval.void_reason}
        </Alert>
      )}
      {approval.used_at === null ? null : (
        <Text size="sm" mt="xs">
          Used <Moment at={approval.used_at} /> for {approval.used_for}
        </Text>
      )}
    </Box>
  );
}

function Decisions({ approval }: { approval: Approval }) {
  if (approval.decisions.length === 0) return null;
  return (
    <Panel title="Decisions, kept for ever" flush>
      <Table.ScrollContainer minWidth={420}>
        <Table>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Decided</Table.Th>
              <Table.Th>By</Table.Th>
              <Table.Th>Note</Table.Th>
              <Table.Th>When</Table.Th>
              <Table.Th>About</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {approval.decisions.map((one, at) => (
              <Table.Tr key={at}>
                <Table.Td>
                  <Mark of={one.status} />
                </Table.Td>
                <Table.Td>
                  <Who kind={one.decided_by_kind} name={one.decided_by_name} />
                </Table.Td>
                <Table.Td style={{ whiteSpace: "pre-wrap" }}>{one.note || "–"}</Table.Td>
                <Table.Td>
                  <Moment at={one.decided_at} form="both" />
                </Table.Td>
                <Table.Td>
                  <Code title={one.digest}>{one.digest.slice(0, 10)}</Code>
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </Panel>
  );
}
