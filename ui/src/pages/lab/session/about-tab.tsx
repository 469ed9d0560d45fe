import { Code, Group, SimpleGrid, Stack, Table, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { ask } from "~/api/client";
import { Answer } from "~/parts/answer";
import { Command, Copy } from "~/parts/command";
import { Moment } from "~/parts/moment";
import { Panel } from "~/parts/panel";
import type { LabSession } from "../queries";
import type { TabProps } from "./session-page";
import { stepsOf, taken } from "./timings";

/** What a session was made from, what preparing it took, and what it may use. */
export function AboutTab({ session }: TabProps) {
  const steps = stepsOf(session.timings);
  return (
    <Stack gap="sm">
      <SimpleGrid cols={{ base: 1, md: 2 }}>
        <Panel title="Made from">
          <Rows
            rows={[
              ["Session", <Copied key="id" text={session.id} />],
              ["Repository", session.repository],
              ["Commit", session.commit_sha ? <Copied key="sha" text={session.commit_sha} /> : null],
              ["Branch or tag", session.ref],
              ["Worker", session.worker],
              ["Made", <Moment key="made" at={session.created_at} form="both" />],
              ["Ended", session.ended_at ? <Moment key="ended" at={session.ended_at} form="both" /> : null],
              ["Ends", <Moment key="ends" at={session.expires_at} form="both" />],
            ]}
          />
        </Panel>
        <Panel title="What its start took" flush={steps.length > 0}>
          {steps.length === 0 ? (
            <Text size="sm" c="dimmed">
              It has not started yet.
            </Text>
          ) : (
            <Table>
              <Table.Tbody>
                {steps.map((step) => (
                  <Table.Tr key={step.name}>
                    <Table.Td>{step.name}</Table.Td>
                    <Table.Td ta="right" style={{ whiteSpace: "nowrap" }}>
                      {taken(step.seconds)}
                    </Table.Td>
                    <Table.Td c="dimmed">{step.note}</Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          )}
        </Panel>
        <Panel title="May use">
          <Rows rows={limitsOf(session)} />
        </Panel>
        <Panel title="Metadata">
          <Code block tabIndex={0}>
            {JSON.stringify(session.metadata ?? {}, null, 2)}
          </Code>
        </Panel>
      </SimpleGrid>
      {session.patch_hash ? <Patch session={session} hash={session.patch_hash} /> : null}
      <Panel title="From a terminal">
        <Command text={`pilothouse lab logs -f ${session.id}\npilothouse lab artifacts list ${session.id}`} />
      </Panel>
    </Stack>
  );
}

function Patch({ session, hash }: { session: LabSession; hash: string }) {
  const patch = useQuery({
    queryKey: ["lab", "patch", session.id],
    queryFn: async ({ signal }) => (await ask(`/sessions/${encodeURIComponent(session.id)}/patch`, { signal })).text(),
    staleTime: Number.POSITIVE_INFINITY,
  });
  return (
    <Panel title="Patch">
      <Group gap={4} mb="xs">
        <Text size="sm" c="dimmed">
          SHA-256
        </Text>
        <Copied text={hash} />
      </Group>
      <Answer query={patch}>{(text) => <Diff text={text} />}</Answer>
    </Panel>
  );
}

const MOST_LINES = 2_000;

/** A unified diff: what goes and what comes, by their first character. */
export function Diff({ text }: { text: string }) {
  const lines = text.split("\n");
  return (
    <Code block tabIndex={0} style={{ maxHeight: 520, overflow: "auto" }}>
      {lines.slice(0, MOST_LINES).map((line, place) => (
        <Text key={place} component="div" inherit ff="monospace" style={{ whiteSpace: "pre" }} c={colourOf(line)}>
          {line === "" ? " " : line}
        </Text>
      ))}
      {lines.length > MOST_LINES ? `… ${lines.length - MOST_LINES} more lines` : null}
    </Code>
  );
}

function colourOf(line: string): string | undefined {
  if (line.startsWith("+++") || line.startsWith("---") || line.startsWith("@@")) return "dimmed";
  if (line.startsWith("+")) return "var(--mantine-color-teal-text)";
  return line.startsWith("-") ? "var(--mantine-color-red-text)" : undefined;
}

function limitsOf(session: LabSession): [string, ReactNode][] {
  const { limits } = session;
  const hosts = session.allow ?? [];
  return [
    ["Network", session.network === "allowlist" ? `only ${hosts.join(", ")}` : session.network],
    ["Processor cores", limits?.cpu ?? null],
    ["Memory", limits?.memory_mb == null ? null : `${limits.memory_mb} MB`],
    ["Processes", limits?.pids ?? null],
    ["Disk", limits?.disk_mb == null ? null : `${limits.disk_mb} MB`],
    ["A command takes at most", session.timeout_s == null ? null : `${session.timeout_s} s`],
    ["and is silent for at most", session.idle_timeout_s == null ? null : `${session.idle_timeout_s} s`],
    [
      "Environment",
      Object.entries(session.environment ?? {})
        .map(([name, value]) => `${name}=${value}`)
        .join(" "),
    ],
    ["Secrets", (session.secrets ?? []).join(", ")],
    ["Keeps", (session.artifacts ?? []).join(", ")],
  ];
}

function Rows({ rows }: { rows: [string, ReactNode][] }) {
  return (
    <Table withRowBorders={false} verticalSpacing={2} horizontalSpacing={0}>
      <Table.Tbody>
        {rows
          .filter(([, value]) => value !== null && value !== undefined && value !== "")
          .map(([name, value]) => (
            <Table.Tr key={name}>
              <Table.Td c="dimmed" w={170}>
                {name}
              </Table.Td>
              <Table.Td>{value}</Table.Td>
            </Table.Tr>
          ))}
      </Table.Tbody>
    </Table>
  );
}

function Copied({ text }: { text: string }) {
  return (
    <Group gap={4} wrap="nowrap">
      <Code style={{ wordBreak: "break-all" }}>{text}</Code>
      <Copy text={text} />
    </Group>
  );
}
