import { Box, Group, Progress, Table, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { answered, api } from "~/api/client";
import { plural } from "~/format/numbers";
import { Answer } from "~/parts/answer";
import { PageLink } from "~/parts/link";
import { Mark } from "~/parts/marks";
import { Moment } from "~/parts/moment";

const MOST_CELLS = 50;

/** How a batch came out: the same commands on many recordings or commits. */
export function BatchResult({ batchId }: { batchId: string }) {
  const batch = useQuery({
    queryKey: ["lab", "batch", batchId],
    queryFn: ({ signal }) =>
      answered(api.GET("/batches/{batch_id}", { params: { path: { batch_id: batchId } }, signal })),
  });
  return (
    <Box>
      <Text size="sm" fw={600} component="h3" m={0} mb={4}>
        Batch result
      </Text>
      <Answer query={batch}>
        {(found) => (
          <>
            <Group gap="xs" mb={4}>
              <PageLink to={`/lab/batches/${encodeURIComponent(found.id)}` as string} size="sm">
                {found.name ?? found.id}
              </PageLink>
              <Text size="sm">
                {found.succeeded} of {plural(found.total, "session")} succeeded
                {found.completed < found.total ? `, ${found.total - found.completed} still to end` : ""}
              </Text>
            </Group>
            <Progress
              value={found.total === 0 ? 0 : (100 * found.succeeded) / found.total}
              size="sm"
              mb={4}
              aria-label="Succeeded"
            />
            <Table>
              <Table.Tbody>
                {(found.matrix ?? []).slice(0, MOST_CELLS).map((cell, at) => (
                  <Table.Tr key={at}>
                    <Table.Td pl={0}>
                      <PageLink to={`/lab/${encodeURIComponent(cell.session_id)}` as string} size="sm">
                        {cell.recording ?? cell.commit_sha ?? cell.session_id}
                      </PageLink>
                    </Table.Td>
                    <Table.Td>
                      <Mark of={cell.state} />
                    </Table.Td>
                    <Table.Td>
                      <Exits codes={cell.exit_codes ?? []} />
                    </Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </>
        )}
      </Answer>
    </Box>
  );
}

function Exits({ codes }: { codes: readonly (number | null)[] }) {
  if (codes.length === 0) return null;
  const hasFailed = codes.some((code) => code !== 0);
  return (
    <Text size="xs" c={hasFailed ? undefined : "dimmed"} fw={hasFailed ? 600 : undefined}>
      {codes.length === 1 ? "exit" : "exits"} {codes.map((code) => code ?? "–").join(", ")}
    </Text>
  );
}

/** A debug session that was named as proof. */
export function SessionResult({ sessionId }: { sessionId: string }) {
  const session = useQuery({
    queryKey: ["lab", "session", sessionId, "result"],
    queryFn: ({ signal }) =>
      answered(api.GET("/sessions/{session_id}", { params: { path: { session_id: sessionId } }, signal })),
  });
  const found = session.data;
  return (
    <Group gap="xs">
      <PageLink to={`/lab/${encodeURIComponent(sessionId)}` as string} size="sm">
        {sessionId}
      </PageLink>
      {found === undefined ? (
        session.isError ? (
          <Text size="xs" c="dimmed">
            not there any more
          </Text>
        ) : null
      ) : (
        <>
          <Mark of={found.state} />
          <Text size="xs" c="dimmed">
            {found.repository}
            {found.commit_sha ? ` at ${found.commit_sha.slice(0, 10)}` : ""}
            {found.patch_hash ? ` with patch ${found.patch_hash.slice(0, 10)}` : ""}
            {" · "}
            <Moment at={found.ended_at ?? found.created_at} />
          </Text>
        </>
      )}
    </Group>
  );
}
