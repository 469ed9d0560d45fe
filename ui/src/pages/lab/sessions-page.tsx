import { Badge, Box, Group, Select, Stack, Switch, Table, Text, TextInput } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Answer } from "~/parts/answer";
import { Command } from "~/parts/command";
import { Empty } from "~/parts/empty";
import { PageButton, PageLink } from "~/parts/link";
import { useEverything } from "~/parts/listed";
import { Mark } from "~/parts/marks";
import { Moment, useNow } from "~/parts/moment";
import { Pager } from "~/parts/pager";
import { Panel } from "~/parts/panel";
import { usePageKeys } from "~/parts/use-page-keys";
import { LabFrame } from "./lab-frame";
import { type LabSession, repositoriesQuery, type SessionsSearch, sessionsQuery } from "./queries";
import { STATES } from "./states";
import { commitOf, coverageOf, testsOf, tookOf, whyOf } from "./words";

/** Debug sessions: those that live, or all there were, narrowed by what the URL says. */
export function SessionsPage({ search }: { search: SessionsSearch }) {
  const navigate = useNavigate();
  const query = useQuery(sessionsQuery(search));
  usePageKeys([["n", () => void navigate({ to: "/lab/new" })]]);
  const create = (
    <PageButton
      to="/lab/new"
      search={{ repository: search.repository, incident: search.incident }}
      leftSection={<IconPlus size={15} />}
      title="New session (N)"
    >
      New session
    </PageButton>
  );
  return (
    <LabFrame actions={create}>
      <Filters search={search} />
      <Panel flush>
        <Answer query={query}>
          {(found) =>
            found.items.length === 0 ? (
              <NoSessions search={search} />
            ) : (
              <>
                <Sessions sessions={found.items} />
                <Pager total={found.total} limit={found.limit} offset={found.offset} />
              </>
            )
          }
        </Answer>
      </Panel>
    </LabFrame>
  );
}

function Filters({ search }: { search: SessionsSearch }) {
  const navigate = useNavigate();
  const repositories = useEverything(useInfiniteQuery(repositoriesQuery)).data?.items.map((one) => one.name) ?? [];
  const narrow = (more: Partial<SessionsSearch>) =>
    void navigate({ to: "/lab", search: { ...search, offset: undefined, ...more }, replace: true });
  return (
    <Group gap="sm" mb="sm" align="end" role="search" aria-label="Narrow the list">
      <Select
        aria-label="State"
        placeholder="Any state"
        clearable
        w={130}
        data={[...STATES]}
        value={search.state?.[0] ?? null}
        onChange={(state) => narrow({ state: state === null ? undefined : [state as LabSession["state"]] })}
      />
      <Select
        aria-label="Repository"
        placeholder="Any repository"
        clearable
        searchable
        w={160}
        data={repositories}
        value={search.repository ?? null}
        onChange={(repository) => narrow({ repository: repository ?? undefined })}
      />
      <Narrow name="Label" value={search.label} onChange={(label) => narrow({ label })} />
      <Narrow name="Incident" value={search.incident} onChange={(incident) => narrow({ incident })} />
      <Narrow name="Commit" value={search.commit} onChange={(commit) => narrow({ commit })} />
      <Switch
        label="Those that are over, too"
        mb={4}
        checked={search.all === true || search.state !== undefined}
        disabled={search.state !== undefined}
        onChange={(event) => narrow({ all: event.currentTarget.checked ? true : undefined })}
      />
      {search.batch === undefined ? null : (
        <Badge mb={6} tt="none">
          of batch {search.batch}
        </Badge>
      )}
    </Group>
  );
}

function Narrow(props: { name: string; value: string | undefined; onChange: (value: string | undefined) => void }) {
  const { name, value, onChange } = props;
  const read = (text: string) => onChange(text.trim() === "" ? undefined : text.trim());
  return (
    <TextInput
      key={value}
      aria-label={name}
      placeholder={name}
      w={130}
      defaultValue={value ?? ""}
      onBlur={(event) => event.currentTarget.value !== (value ?? "") && read(event.currentTarget.value)}
      onKeyDown={(event) => event.key === "Enter" && read(event.currentTarget.value)}
    />
  );
}

function Sessions({ sessions }: { sessions: LabSession[] }) {
  return (
    <>
      <Table visibleFrom="sm" highlightOnHover aria-label="Debug sessions">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>State</Table.Th>
            <Table.Th>Session</Table.Th>
            <Table.Th>For</Table.Th>
            <Table.Th>Result</Table.Th>
            <Table.Th visibleFrom="md">By</Table.Th>
            <Table.Th>Made</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {sessions.map((session) => (
            <Table.Tr key={session.id}>
              <Table.Td>
                <Mark of={session.state} title={whyOf(session)} />
              </Table.Td>
              <Table.Td>
                <SessionName session={session} />
              </Table.Td>
              <Table.Td>
                <Purpose session={session} />
              </Table.Td>
              <Table.Td>
                <Result session={session} />
              </Table.Td>
              <Table.Td visibleFrom="md">{session.created_by}</Table.Td>
              <Table.Td>
                <Moment at={session.created_at} />
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      <Box component="ul" hiddenFrom="sm" m={0} p={0} style={{ listStyle: "none" }}>
        {sessions.map((session) => (
          <Box
            component="li"
            key={session.id}
            p="sm"
            style={{ borderBottom: "1px solid var(--mantine-color-default-border)" }}
          >
            <Group justify="space-between" wrap="nowrap" align="start">
              <SessionName session={session} />
              <Mark of={session.state} title={whyOf(session)} />
            </Group>
            <Result session={session} />
            <Text size="xs" c="dimmed" component="div">
              {session.created_by}, <Moment at={session.created_at} />
            </Text>
          </Box>
        ))}
      </Box>
    </>
  );
}

function SessionName({ session }: { session: LabSession }) {
  return (
    <Stack gap={2}>
      <PageLink to="/lab/$sessionId" params={{ sessionId: session.id }} size="sm" fw={550}>
        {session.repository} @ {commitOf(session)}
      </PageLink>
      <Group gap={4}>
        {session.patch_hash ? <Badge tt="none">patched</Badge> : null}
        {(session.labels ?? []).map((label) => (
          <Badge key={label} color="gray" tt="none">
            {label}
          </Badge>
        ))}
      </Group>
    </Stack>
  );
}

function Purpose({ session }: { session: LabSession }) {
  const recordings = session.recordings ?? [];
  const [first] = recordings;
  if (!session.incident_id && first === undefined && !session.batch_id) return <Text c="dimmed">–</Text>;
  return (
    <Stack gap={0}>
      {session.incident_id ? (
        <PageLink to="/incidents/$incidentId" params={{ incidentId: session.incident_id }} size="sm">
          {session.incident_id}
        </PageLink>
      ) : null}
      {first === undefined ? null : (
        <Text size="xs" c="dimmed">
          {first}
          {recordings.length > 1 ? ` and ${recordings.length - 1} more` : ""}
        </Text>
      )}
      {session.batch_id ? (
        <PageLink to="/lab/batches/$batchId" params={{ batchId: session.batch_id }} size="xs">
          batch
        </PageLink>
      ) : null}
    </Stack>
  );
}

function Result({ session }: { session: LabSession }) {
  const now = useNow();
  const parts = [testsOf(session.summary), coverageOf(session.summary), tookOf(session, now)].filter(Boolean);
  const isBad = session.state === "failed" || session.state === "expired";
  return <Text size="sm">{isBad ? whyOf(session) : parts.length === 0 ? whyOf(session) : parts.join(" · ")}</Text>;
}

function NoSessions({ search }: { search: SessionsSearch }) {
  const { offset: _, all, ...narrowed } = search;
  if (Object.values(narrowed).some((value) => value !== undefined)) {
    return <Empty title="No session fits these filters">Take one away, or show those that are over, too.</Empty>;
  }
  return (
    <Empty title={all ? "There was no debug session yet" : "No debug session lives now"}>
      A session is a checkout of one commit, in a sandbox, with the recordings that show what went wrong. Make one here,
      or at a terminal:
      <Box ta="left" mt="sm">
        <Command text={`pilothouse lab login --url ${window.location.origin}\npilothouse lab run -- make test`} />
      </Box>
      {all ? null : (
        <PageLink to="/lab" search={{ all: true }} size="sm">
          Show those that are over
        </PageLink>
      )}
    </Empty>
  );
}
