import { Box, Group, Modal, SegmentedControl, Stack, Table, Text } from "@mantine/core";
import type { InfiniteData, UseInfiniteQueryResult, UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import type { Refusal } from "~/api/rights";
import { ActButton } from "~/parts/act-button";
import { Answer } from "~/parts/answer";
import { Empty } from "~/parts/empty";
import { useShown } from "~/parts/listed";
import { Mark } from "~/parts/marks";
import { Moment } from "~/parts/moment";
import { More } from "~/parts/more";
import { say } from "~/parts/say";
import { useActing } from "~/parts/use-saving";
import { useUrl } from "~/parts/use-url";
import type { WebhooksSearch } from "./webhooks-page";

type Props<One> = {
  label: string;
  state: WebhooksSearch["state"];
  found: UseInfiniteQueryResult<InfiniteData<{ items: One[] }>>;
  none: { title: string; says?: string };
  /** Beside the choice of states. */
  acts?: ReactNode;
  /** What of the URL opens one of them. */
  opens: "payload" | "delivery";
  at: (one: One) => string;
  cells: (one: One) => ReactNode;
  children: ReactNode;
};

/** What came in or went out, the latest first, with what became of it; one of them is opened over it. */
export function LogPart<One extends { id: string; state: string }>(props: Props<One>) {
  const { label, state, none, acts, opens, at, cells, children } = props;
  const url = useUrl();
  const found = useShown(props.found);
  return (
    <Box p="sm" component="section" aria-label={label}>
      <Group justify="space-between" mb="xs">
        <StateChoice value={state} />
        {acts}
      </Group>
      <Answer query={found}>
        {({ items }) => {
          if (items.length === 0) return <Empty title={none.title}>{none.says}</Empty>;
          return (
            <Table highlightOnHover aria-label={label}>
              <Table.Tbody>
                {items.map((one) => (
                  <Table.Tr key={one.id}>
                    <Table.Td>
                      <Moment at={at(one)} />
                    </Table.Td>
                    <Table.Td>
                      <Mark of={one.state} />
                    </Table.Td>
                    {cells(one)}
                    <Table.Td ta="right">
                      <ActButton variant="default" size="compact-xs" onAct={() => url({ [opens]: one.id }, "opens")}>
                        Show
                      </ActButton>
                    </Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          );
        }}
      </Answer>
      <More of={found} />
      {children}
    </Box>
  );
}

function StateChoice({ value }: { value: WebhooksSearch["state"] }) {
  const url = useUrl();
  return (
    <SegmentedControl
      aria-label="Which ones"
      value={value ?? "all"}
      onChange={(state) => url({ state: state === "all" ? undefined : state, shown: undefined })}
      data={[
        { value: "all", label: "All" },
        { value: "waiting", label: "Waiting" },
        { value: "delivered", label: "Delivered" },
        { value: "dead", label: "Given up" },
      ]}
    />
  );
}

type OneProps<One> = {
  title: string;
  close: () => void;
  found: UseQueryResult<One>;
  children: (one: One) => ReactNode;
};

/** One of them over its log. */
export function LogDialog<One>({ title, close, found, children }: OneProps<One>) {
  return (
    <Modal opened onClose={close} title={title} size="xl">
      <Answer query={found}>{(one) => <Stack gap="sm">{children(one)}</Stack>}</Answer>
    </Modal>
  );
}

type HeadProps = {
  state: string;
  problem: string | null;
  refusal: Refusal;
  act: string;
  done: string;
  send: () => Promise<unknown>;
  children: ReactNode;
};

/** How one of them stands, and the way to have it done once more. */
export function LogHead({ state, problem, refusal, act, done, send, children }: HeadProps) {
  const sending = useActing(send, ["webhooks"], () => say(done));
  return (
    <>
      <Group justify="space-between">
        <Group gap="xs">
          <Mark of={state} />
          <Text size="sm" component="div">
            {children}
          </Text>
        </Group>
        <ActButton variant="default" refusal={refusal} loading={sending.isPending} onAct={() => sending.mutate()}>
          {act}
        </ActButton>
      </Group>
      {problem === null ? null : <Text size="sm">{problem}</Text>}
    </>
  );
}
