import { Anchor, Box, Code, Group, Progress, Stack, Table, Text } from "@mantine/core";
import { bytes, figure } from "~/format/numbers";
import { Copy } from "~/parts/command";
import { PageLink } from "~/parts/link";
import type { Approval } from "../model/queries";
import { evidenceOf, linkOf } from "../model/shown";
import classes from "./approvals.module.css";
import { DiffView } from "./diff-view";
import { BatchResult, SessionResult } from "./results";
import { ShownTasks } from "./shown-tasks";

const MOST_SESSIONS = 12;

/** Exactly what whoever decides is shown: nothing of it can change any more. */
export function ShownPart({ approval }: { approval: Approval }) {
  const { shown } = approval;
  const evidence = evidenceOf(shown.payload);
  const batches = [...new Set(evidence.batchIds)];
  return (
    <Stack gap="md">
      <Box>
        <Text size="xs" c="dimmed">
          Reason given
        </Text>
        <Box fz="sm" style={{ whiteSpace: "pre-wrap" }}>
          {shown.reason}
        </Box>
      </Box>
      <Scores confidence={shown.confidence} scores={shown.rubric_scores} />
      <ShownTasks approval={approval} />
      {evidence.diffs.map((diff) => (
        <DiffView key={diff.name} {...diff} />
      ))}
      {batches.map((id) => (
        <BatchResult key={id} batchId={id} />
      ))}
      {shown.lab_session_ids.length === 0 ? null : (
        <Part name="Debug sessions">
          {shown.lab_session_ids.slice(0, MOST_SESSIONS).map((id) => (
            <SessionResult key={id} sessionId={id} />
          ))}
          {shown.lab_session_ids.length > MOST_SESSIONS ? (
            <Text size="xs" c="dimmed">
              and {shown.lab_session_ids.length - MOST_SESSIONS} more
            </Text>
          ) : null}
        </Part>
      )}
      {evidence.recordingIds.length === 0 ? null : (
        <Part name="Recordings">
          {evidence.recordingIds.map((id) => (
            <div key={id}>
              <PageLink to={`/recordings/${encodeURIComponent(id)}` as string} size="sm">
                {id}
              </PageLink>
            </div>
          ))}
        </Part>
      )}
      <Artifacts artifacts={shown.artifacts} />
      {evidence.rest.length === 0 ? null : <Payload entries={evidence.rest} />}
    </Stack>
  );
}

function Part({ name, children }: { name: string; children: React.ReactNode }) {
  return (
    <Box>
      <Text size="sm" fw={600} component="h3" m={0} mb={4}>
        {name}
      </Text>
      {children}
    </Box>
  );
}

function Scores({ confidence, scores }: { confidence: number; scores: Record<string, number> }) {
  const rows: [string, number][] = [["Confidence", confidence], ...Object.entries(scores)];
  return (
    <Table withRowBorders={false} verticalSpacing={2} maw={460} aria-label="Confidence and scores">
      <Table.Tbody>
        {rows.map(([name, score], at) => (
          <Table.Tr key={name}>
            <Table.Th scope="row" pl={0} fw={at === 0 ? 600 : 400} w="40%">
              {name}
            </Table.Th>
            <Table.Td>
              <Progress value={score} size="sm" aria-label={name} color={at === 0 ? undefined : "gray"} />
            </Table.Td>
            <Table.Td w={64} ta="right">
              {figure(score)} %
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}

function Artifacts({ artifacts }: { artifacts: Approval["shown"]["artifacts"] }) {
  if (artifacts.length === 0) return null;
  return (
    <Part name="Artifacts">
      <Table>
        <Table.Tbody>
          {artifacts.map((one, at) => {
            const link = linkOf(one.url ?? null);
            return (
              <Table.Tr key={at}>
                <Table.Td pl={0}>
                  {link === null ? (
                    <>
                      {one.name} {one.url ? <Code>{one.url}</Code> : null}
                    </>
                  ) : (
                    <Anchor href={link} target="_blank" rel="noreferrer noopener" inherit>
                      {one.name}
                    </Anchor>
                  )}
                </Table.Td>
                <Table.Td>{typeof one.size_bytes === "number" ? bytes(one.size_bytes) : ""}</Table.Td>
                <Table.Td>
                  {one.sha256 ? (
                    <Group gap={2} component="span" display="inline-flex" wrap="nowrap">
                      <Code title={one.sha256}>{one.sha256.slice(0, 12)}</Code>
                      <Copy text={one.sha256} label="Copy the SHA-256" />
                    </Group>
                  ) : null}
                </Table.Td>
              </Table.Tr>
            );
          })}
        </Table.Tbody>
      </Table>
    </Part>
  );
}

function Payload({ entries }: { entries: [string, unknown][] }) {
  return (
    <Part name="Payload">
      <Table layout="fixed">
        <Table.Tbody>
          {entries.map(([name, value]) => (
            <Table.Tr key={name}>
              <Table.Th scope="row" pl={0} w="30%" fw={400} style={{ verticalAlign: "top" }}>
                {name}
              </Table.Th>
              <Table.Td>
                <Code block className={classes.value}>
                  {typeof value === "string" ? value : JSON.stringify(value, null, 2)}
                </Code>
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Part>
  );
}
