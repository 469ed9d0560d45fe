import { Anchor, Badge, Group, Table, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { Copy } from "~/parts/command";
import { Mark } from "~/parts/marks";
import { Moment, useNow } from "~/parts/moment";
import { useOnBoard } from "../board/on-board";
import { leaseLeft } from "../model/lease";
import type { Task } from "../model/queries";
import { linkOf } from "../model/shown";
import { TagBadge } from "../tag-badge";
import { Who } from "../who";

/** What is known of a task, line by line. */
export function TaskFacts({ task }: { task: Task }) {
  const { snapshot } = useOnBoard();
  const lease = leaseLeft(task.lease_until, useNow());
  return (
    <Table withRowBorders={false} verticalSpacing={3} layout="fixed">
      <Table.Tbody>
        <Fact name="Has it">
          {task.assigned_name === null || task.assigned_kind === null ? (
            <Text span inherit c="dimmed">
              nobody
            </Text>
          ) : (
            <Group gap="xs" component="span" display="inline-flex">
              <Who kind={task.assigned_kind} name={task.assigned_name} />
              {task.claimed_at === null ? null : (
                <Text span size="xs" c="dimmed">
                  since <Moment at={task.claimed_at} />
                </Text>
              )}
              {lease === null ? null : (
                <Badge color={lease.isSoon ? "yellow" : "gray"} tt="none" title="Unless the agent is heard of again">
                  lease: {lease.text}
                </Badge>
              )}
            </Group>
          )}
        </Fact>
        <Fact name="Priority">
          <Mark of={task.priority} />
        </Fact>
        {task.due_at === null ? null : (
          <Fact name="Due">
            <Moment at={task.due_at} form="both" />
          </Fact>
        )}
        {task.tags.length === 0 ? null : (
          <Fact name="Tags">
            <Group gap={5} component="span" display="inline-flex">
              {task.tags.map((tag) => (
                <TagBadge key={tag.id} tag={tag} />
              ))}
            </Group>
          </Fact>
        )}
        {Object.entries(task.custom_fields).map(([key, value]) => (
          <Fact key={key} name={snapshot.custom_fields.find((field) => field.key === key)?.name ?? key}>
            <FieldValue value={value} />
          </Fact>
        ))}
        <Fact name="Made by">
          <Who kind={task.made_by_kind} name={task.made_by_name} /> <Moment at={task.created_at} c="dimmed" />
        </Fact>
        <Fact name="Id">
          <Group gap={2} component="span" display="inline-flex">
            <code>{task.id}</code>
            <Copy text={task.id} label="Copy the task's id" />
            <Text span size="xs" c="dimmed" title="What approvals are bound to">
              content version {task.content_version}
            </Text>
          </Group>
        </Fact>
      </Table.Tbody>
    </Table>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <Table.Tr>
      <Table.Th scope="row" w={104} c="dimmed" fw={400} pl={0} style={{ verticalAlign: "top" }}>
        {name}
      </Table.Th>
      <Table.Td>{children}</Table.Td>
    </Table.Tr>
  );
}

function FieldValue({ value }: { value: string | number | boolean | null }) {
  const link = typeof value === "string" && /^https?:/.test(value) ? linkOf(value) : null;
  if (link === null) return <>{typeof value === "boolean" ? (value ? "yes" : "no") : String(value ?? "–")}</>;
  return (
    <Anchor href={link} target="_blank" rel="noreferrer noopener" inherit>
      {String(value)}
    </Anchor>
  );
}
