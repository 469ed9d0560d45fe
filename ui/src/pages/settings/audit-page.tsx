import { Alert, Button, Code, Group, Table, Text, TextInput } from "@mantine/core";
import { IconAlertTriangle, IconCheck } from "@tabler/icons-react";
import { keepPreviousData, useMutation, useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Fragment } from "react";
import { answered, api, type Model } from "~/api/client";
import { toAdminister, useKnown } from "~/api/rights";
import { doer, kindBeside } from "~/format/doers";
import { count } from "~/format/numbers";
import { Answer } from "~/parts/answer";
import { Empty } from "~/parts/empty";
import { Failure } from "~/parts/failure";
import { PageLink } from "~/parts/link";
import { Moment } from "~/parts/moment";
import { Pager } from "~/parts/pager";
import { Panel } from "~/parts/panel";
import { Permitted } from "~/parts/permitted";
import classes from "./audit.module.css";
import { SettingsFrame } from "./settings-frame";

export type AuditSearch = {
  actor?: string;
  action?: string;
  subject?: string;
  request?: string;
  offset?: number;
  entry?: number;
};

/** Who changed what, the latest first, and the proof that nothing was taken out. */
export function AuditPage({ search }: { search: AuditSearch }) {
  const { actor, action, subject, request, offset } = search;
  const mayRead = useKnown(toAdminister) === null;
  const entries = useQuery({
    enabled: mayRead,
    queryKey: ["audit", actor, action, subject, request, offset],
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) =>
      answered(
        api.GET("/api/v1/audit", {
          params: { query: { actor, action, subject, request_id: request, limit: 50, offset } },
          signal,
        }),
      ),
  });
  return (
    <SettingsFrame title="Audit log">
      <Permitted>
        <Verify />
        <Filters search={search} />
        <Panel flush>
          <Answer query={entries}>
            {(found) =>
              found.items.length === 0 ? (
                <Empty title="No entry fits" />
              ) : (
                <>
                  <Entries entries={found.items} search={search} />
                  <Pager total={found.total} limit={found.limit} offset={found.offset} />
                </>
              )
            }
          </Answer>
        </Panel>
      </Permitted>
    </SettingsFrame>
  );
}

function Verify() {
  const verify = useMutation({ mutationFn: () => answered(api.GET("/api/v1/audit/verify")) });
  const found = verify.data;
  return (
    <Group mb="sm" gap="sm" align="center">
      <Button variant="default" loading={verify.isPending} onClick={() => verify.mutate()}>
        Verify the whole chain
      </Button>
      {verify.isError ? <Failure error={verify.error} /> : null}
      {found === undefined ? (
        <Text size="xs" c="dimmed">
          Each entry holds the hash of the one before: what is edited, deleted or cut off is found.
        </Text>
      ) : found.ok ? (
        <Alert color="gray" py={4} icon={<IconCheck />} role="status">
          The chain is whole: {count(found.entries)} entries.
        </Alert>
      ) : (
        <Alert color="red" py={4} icon={<IconAlertTriangle />} role="alert">
          The chain is broken: {found.problem}
        </Alert>
      )}
    </Group>
  );
}

function Filters({ search }: { search: AuditSearch }) {
  const navigate = useNavigate();
  const fields: [keyof AuditSearch & ("actor" | "action" | "subject" | "request"), string][] = [
    ["actor", "Who"],
    ["action", "What: incident.changed"],
    ["subject", "Subject"],
    ["request", "Request"],
  ];
  const narrow = (name: string, value: string) =>
    void navigate({
      to: "/settings/audit",
      search: {
        ...search,
        offset: undefined,
        entry: undefined,
        [name]: value.trim() === "" ? undefined : value.trim(),
      },
      replace: true,
    });
  return (
    <Group gap="sm" mb="sm" role="search" aria-label="Narrow the log">
      {fields.map(([name, words]) => (
        <TextInput
          key={`${name}-${search[name]}`}
          aria-label={words}
          placeholder={words}
          w={{ base: "calc(50% - 5px)", xs: 190 }}
          defaultValue={search[name] ?? ""}
          onBlur={(event) =>
            event.currentTarget.value !== (search[name] ?? "") && narrow(name, event.currentTarget.value)
          }
          onKeyDown={(event) => event.key === "Enter" && narrow(name, event.currentTarget.value)}
        />
      ))}
    </Group>
  );
}

function Actor({ entry }: { entry: Model<"AuditEntry"> }) {
  const kind = kindBeside(entry.actor, entry.actor_kind);
  return (
    <>
      <PageLink inherit to="/settings/audit" search={{ actor: entry.actor }}>
        {doer(entry.actor)}
      </PageLink>
      {kind === null ? null : (
        <Text span size="xs" c="dimmed">
          {" "}
          {kind}
        </Text>
      )}
    </>
  );
}

function Entries({ entries, search }: { entries: Model<"AuditEntry">[]; search: AuditSearch }) {
  return (
    <Table aria-label="Audit log" className={classes.log}>
      <Table.Thead>
        <Table.Tr>
          <Table.Th visibleFrom="sm">No.</Table.Th>
          <Table.Th w={{ base: 96, sm: 120 }}>When</Table.Th>
          <Table.Th visibleFrom="sm">Who</Table.Th>
          <Table.Th>What</Table.Th>
          <Table.Th visibleFrom="sm">Subject</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {entries.map((entry) => (
          <Fragment key={entry.sequence}>
            <Table.Tr>
              <Table.Td visibleFrom="sm">{entry.sequence}</Table.Td>
              <Table.Td style={{ whiteSpace: "nowrap" }}>
                <Moment at={entry.recorded_at} />
              </Table.Td>
              <Table.Td visibleFrom="sm">
                <Actor entry={entry} />
              </Table.Td>
              <Table.Td>
                <PageLink
                  inherit
                  to="/settings/audit"
                  search={{ ...search, entry: search.entry === entry.sequence ? undefined : entry.sequence }}
                  resetScroll={false}
                  aria-expanded={search.entry === entry.sequence}
                >
                  {entry.action}
                </PageLink>
                <Group component="span" gap={6} wrap="nowrap" hiddenFrom="sm" fz="xs">
                  <Text span inherit flex="none" maw="50%" truncate>
                    <Actor entry={entry} />
                  </Text>
                  <Text span inherit c="dimmed" truncate title={entry.subject}>
                    {entry.subject}
                  </Text>
                </Group>
              </Table.Td>
              <Table.Td visibleFrom="sm">
                <PageLink inherit to="/settings/audit" search={{ subject: entry.subject }}>
                  {entry.subject}
                </PageLink>
              </Table.Td>
            </Table.Tr>
            {search.entry === entry.sequence ? (
              <Table.Tr>
                <Table.Td colSpan={5}>
                  <Code block tabIndex={0} style={{ maxHeight: 360, overflow: "auto", whiteSpace: "pre-wrap" }}>
                    {JSON.stringify({ request: entry.request_id, hash: entry.hash, ...entry.details }, null, 2)}
                  </Code>
                </Table.Td>
              </Table.Tr>
            ) : null}
          </Fragment>
        ))}
      </Table.Tbody>
    </Table>
  );
}
