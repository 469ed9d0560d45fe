import { Badge, Group, Table } from "@mantine/core";
import type { ReactNode } from "react";
import type { Refusal } from "~/api/rights";
import { ActButton } from "~/parts/act-button";
import { useUrl } from "~/parts/use-url";
import { EditIcon } from "../arranged";

type Props = {
  /** What of the URL opens its log. */
  opens: "webhook" | "subscription";
  one: { id: string; name: string; waiting?: number; dead?: number };
  isOpened: boolean;
  refusal: Refusal;
  /** Before the buttons that all have. */
  acts?: ReactNode;
  children: ReactNode;
};

/** A webhook or a subscription: what it is, how much waits or was given up, its log and its form. */
export function WayRow({ opens, one, isOpened, refusal, acts, children }: Props) {
  const url = useUrl();
  const closed = { webhook: undefined, subscription: undefined, state: undefined };
  return (
    <Table.Tr bg={isOpened ? "var(--mantine-color-default-hover)" : undefined}>
      <Table.Td>
        {children}
        <Counts waiting={one.waiting} dead={one.dead} />
      </Table.Td>
      <Table.Td ta="right" w={{ base: 184, sm: 240 }}>
        <Group gap={6} justify="flex-end">
          {acts}
          <ActButton
            variant="default"
            onAct={() => url({ ...closed, [opens]: isOpened ? undefined : one.id }, "opens")}
          >
            {isOpened ? "Close the log" : "Log"}
          </ActButton>
          <EditIcon label={`Edit ${one.name}`} refusal={refusal} onAct={() => url({ edit: one.id }, "opens")} />
        </Group>
      </Table.Td>
    </Table.Tr>
  );
}

function Counts({ waiting = 0, dead = 0 }: { waiting?: number; dead?: number }) {
  if (waiting + dead === 0) return null;
  return (
    <Group gap={6} mt={4}>
      {waiting > 0 ? (
        <Badge color="yellow" tt="none">
          {waiting} waiting
        </Badge>
      ) : null}
      {dead > 0 ? (
        <Badge color="red" tt="none">
          {dead} given up
        </Badge>
      ) : null}
    </Group>
  );
}
