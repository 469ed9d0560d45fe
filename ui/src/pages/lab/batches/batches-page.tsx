import { Box, Group, Progress, Table, Text } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Answer } from "~/parts/answer";
import { Command } from "~/parts/command";
import { Empty } from "~/parts/empty";
import { PageButton, PageLink } from "~/parts/link";
import { Moment } from "~/parts/moment";
import { Pager } from "~/parts/pager";
import { Panel } from "~/parts/panel";
import { LabFrame } from "../lab-frame";
import { batchesQuery, type LabBatch } from "../queries";

/** The same session against many recordings or commits. */
export function BatchesPage({ offset }: { offset?: number }) {
  const query = useQuery(batchesQuery(offset));
  const create = (
    <PageButton to="/lab/batches/new" leftSection={<IconPlus size={15} />}>
      New batch
    </PageButton>
  );
  return (
    <LabFrame title="Batches" actions={create}>
      <Answer query={query}>
        {(found) =>
          found.items.length === 0 ? (
            <Empty title="No batch was made yet">
              A batch runs the same commands against many recordings, many commits, or both, and shows how each came
              out. Make one here, or at a terminal:
              <Box ta="left" mt="sm">
                <Command
                  text={`pilothouse lab login --url ${window.location.origin}\npilothouse lab batch --recording FLIGHT_1 --recording FLIGHT_2 -- make test`}
                />
              </Box>
            </Empty>
          ) : (
            <Panel flush>
              <Table highlightOnHover aria-label="Batches">
                <Table.Thead>
                  <Table.Tr>
                    <Table.Th>Batch</Table.Th>
                    <Table.Th>Went well</Table.Th>
                    <Table.Th visibleFrom="sm">By</Table.Th>
                    <Table.Th>Made</Table.Th>
                  </Table.Tr>
                </Table.Thead>
                <Table.Tbody>
                  {found.items.map((batch) => (
                    <Table.Tr key={batch.id}>
                      <Table.Td>
                        <PageLink inherit to="/lab/batches/$batchId" params={{ batchId: batch.id }} fw={550}>
                          {batch.name || batch.id}
                        </PageLink>
                        <Text size="xs" c="dimmed">
                          {batch.repository}
                        </Text>
                      </Table.Td>
                      <Table.Td>
                        <Outcome batch={batch} />
                      </Table.Td>
                      <Table.Td visibleFrom="sm">{batch.created_by}</Table.Td>
                      <Table.Td>
                        <Moment at={batch.created_at} />
                      </Table.Td>
                    </Table.Tr>
                  ))}
                </Table.Tbody>
              </Table>
              <Pager total={found.total} limit={found.limit} offset={found.offset} />
            </Panel>
          )
        }
      </Answer>
    </LabFrame>
  );
}

/** How many are over, and how many of those went well. */
export function Outcome({ batch }: { batch: LabBatch }) {
  const failed = batch.completed - batch.succeeded;
  const share = (part: number) => (batch.total === 0 ? 0 : (100 * part) / batch.total);
  const words = `${batch.succeeded} of ${batch.total} went well${failed > 0 ? `, ${failed} did not` : ""}${
    batch.completed < batch.total ? `, ${batch.total - batch.completed} to go` : ""
  }`;
  return (
    <Group gap="sm" wrap="nowrap">
      <Progress.Root size="md" w={90} visibleFrom="xs" aria-hidden>
        <Progress.Section value={share(batch.succeeded)} />
        <Progress.Section value={share(failed)} color="red" />
      </Progress.Root>
      <Text size="sm">{words}</Text>
    </Group>
  );
}
