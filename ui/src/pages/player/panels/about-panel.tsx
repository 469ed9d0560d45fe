import { Code, Table, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { count, figure } from "~/format/numbers";
import { Moment } from "~/parts/moment";
import { usePlaying } from "../playing";
import { useFile } from "../use-file";
import { PanelFrame } from "./frame";
import classes from "./panels.module.css";

/** What the recording says of itself: topics, rates, losses, software. */
export function AboutPanel() {
  const { recording } = usePlaying();
  const facts = useFile().data?.facts;
  const drops = recording.drops ?? {};
  const rows: [string, ReactNode][] = [
    ["Reason", recording.reason ?? "–"],
    ["Started", recording.started_at === null ? "–" : <Moment key="started" at={recording.started_at} form="both" />],
    ["Indexed", recording.indexed_at == null ? "–" : <Moment key="indexed" at={recording.indexed_at} form="both" />],
    ["Asked for", facts == null ? "–" : `${figure(facts.preS)} s before and ${figure(facts.postS)} s after`],
    ["SHA-256", recording.sha256 == null ? "–" : <Code key="sha">{recording.sha256}</Code>],
    ...Object.entries(facts?.software ?? {}).map(([name, version]): [string, ReactNode] => [name, version]),
  ];
  return (
    <PanelFrame name="about" title="About this recording">
      <Table fz="xs" verticalSpacing={2} horizontalSpacing={4}>
        <Table.Tbody>
          {rows.map(([name, value]) => (
            <Table.Tr key={name}>
              <Table.Th fw={500} c="dimmed" style={{ whiteSpace: "nowrap" }}>
                {name}
              </Table.Th>
              <Table.Td style={{ overflowWrap: "anywhere" }}>{value}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      <Table fz="xs" verticalSpacing={2} horizontalSpacing={4} mt="xs" aria-label="Topics" className={classes.topics}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Topic</Table.Th>
            <Table.Th ta="right">Messages</Table.Th>
            <Table.Th ta="right">Hz</Table.Th>
            <Table.Th ta="right">Lost</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {(recording.channels ?? []).map((channel) => (
            <Table.Tr key={`${channel.topic}${channel.message_type}`}>
              <Table.Td style={{ overflowWrap: "anywhere" }}>
                {channel.topic}
                <Text size="xs" c="dimmed">
                  {channel.message_type}
                </Text>
              </Table.Td>
              <Table.Td ta="right">{count(channel.message_count ?? 0)}</Table.Td>
              <Table.Td ta="right">{figure(channel.rate_hz, 3)}</Table.Td>
              <Table.Td ta="right">
                {drops[channel.topic] === undefined ? "–" : count(drops[channel.topic] ?? 0)}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </PanelFrame>
  );
}
