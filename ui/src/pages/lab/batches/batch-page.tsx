import { Box, ScrollArea, SegmentedControl, Table, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import type { Model } from "~/api/client";
import { Answer } from "~/parts/answer";
import { Command } from "~/parts/command";
import { Empty } from "~/parts/empty";
import { PageLink } from "~/parts/link";
import { Mark } from "~/parts/marks";
import { Moment } from "~/parts/moment";
import { Page } from "~/parts/page";
import { Panel } from "~/parts/panel";
import { batchQuery, type LabBatch } from "../queries";
import classes from "./batch.module.css";
import { Outcome } from "./batches-page";
import { cellWords, matrixOf, place, verdictOf } from "./matrix";

export type BatchSearch = { only?: "failed" };

/** How each session of a batch came out; it grows while they run, and can be left and found again. */
export function BatchPage({ batchId, search }: { batchId: string; search: BatchSearch }) {
  const query = useQuery(batchQuery(batchId));
  return (
    <Page title={query.data?.name || "Batch"} up={{ to: "/lab/batches", title: "Batches" }}>
      <Answer query={query}>{(batch) => <Batch batch={batch} search={search} />}</Answer>
    </Page>
  );
}

function Batch({ batch, search }: { batch: LabBatch; search: BatchSearch }) {
  const navigate = useNavigate();
  const all = batch.matrix ?? [];
  const failed = all.filter((cell) => verdictOf(cell) === "failed");
  const cells = search.only === "failed" ? failed : all;
  const matrix = matrixOf(cells);
  return (
    <>
      <Box mb="sm">
        <Outcome batch={batch} />
        <Text size="sm" c="dimmed" component="div">
          {batch.repository}, by {batch.created_by}, <Moment at={batch.created_at} />
        </Text>
      </Box>
      <SegmentedControl
        aria-label="Which sessions"
        mb="sm"
        value={search.only ?? "all"}
        onChange={(only) =>
          void navigate({
            to: "/lab/batches/$batchId",
            params: { batchId: batch.id },
            search: { only: only === "failed" ? "failed" : undefined },
            replace: true,
          })
        }
        data={[
          { value: "all", label: `All (${all.length})` },
          { value: "failed", label: `Did not go well (${failed.length})` },
        ]}
      />
      <Panel flush>
        {cells.length === 0 ? (
          <Empty title="Every session went well so far" />
        ) : (
          <ScrollArea>
            <Table aria-label="Results" withColumnBorders={matrix.commits.length > 1}>
              <Table.Thead>
                <Table.Tr>
                  <Table.Th>Recording</Table.Th>
                  {matrix.commits.map((commit) => (
                    <Table.Th key={commit} ff="monospace">
                      {commit?.slice(0, 10) ?? "commit"}
                    </Table.Th>
                  ))}
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {matrix.recordings.map((recording) => (
                  <Table.Tr key={recording}>
                    <Table.Th scope="row" fw={400}>
                      {recording === null ? (
                        "none"
                      ) : (
                        <PageLink inherit to="/recordings/$recordingId" params={{ recordingId: recording }}>
                          {recording}
                        </PageLink>
                      )}
                    </Table.Th>
                    {matrix.commits.map((commit) => (
                      <Table.Td key={commit} p={0}>
                        <Cell cell={matrix.cells.get(place(recording, commit))} />
                      </Table.Td>
                    ))}
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </ScrollArea>
        )}
      </Panel>
      <Box mt="md">
        <Text size="sm" c="dimmed" mb={4}>
          The sessions of this batch, at a terminal:
        </Text>
        <Command
          text={`curl -sf -H "Authorization: Bearer $TOKEN" ${window.location.origin}/batches/${batch.id} | jq .matrix`}
        />
      </Box>
    </>
  );
}

function Cell({ cell }: { cell: Model<"LabBatchCell"> | undefined }) {
  if (cell === undefined) return <Text c="dimmed">–</Text>;
  const verdict = verdictOf(cell);
  return (
    <PageLink
      to="/lab/$sessionId"
      params={{ sessionId: cell.session_id }}
      className={classes.cell}
      data-verdict={verdict}
      title={cell.reason ?? undefined}
      underline="never"
      c="inherit"
      size="sm"
    >
      {verdict === "going" || verdict === "waiting" ? <Mark of={cell.state} /> : cellWords(cell)}
    </PageLink>
  );
}
