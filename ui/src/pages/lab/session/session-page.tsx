import { Alert, Box, Group, Tabs, Text } from "@mantine/core";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Answer } from "~/parts/answer";
import { useEverything } from "~/parts/listed";
import { Mark } from "~/parts/marks";
import { Page } from "~/parts/page";
import { type Step, useUrl } from "~/parts/use-url";
import { ArtifactsTab } from "../artifacts/artifacts-tab";
import { Level } from "../level";
import { commandsQuery, type LabSession, sessionQuery } from "../queries";
import { commitOf, whyOf } from "../words";
import { AboutTab } from "./about-tab";
import { CommandsTab } from "./commands-tab";
import { DebugTab } from "./debug-tab";
import { Facts } from "./facts";
import { FilesTab } from "./files-tab";
import type { SessionSearch } from "./search";
import { SessionActions } from "./session-actions";

export type TabProps = {
  session: LabSession;
  search: SessionSearch;
  /** Changes what the URL says; `undefined` takes away. */
  go: (more: Partial<SessionSearch>, step?: Step) => void;
};

/** One debug session: why it is as it is, its commands with their logs, and what it left. */
export function SessionPage({ sessionId, search }: { sessionId: string; search: SessionSearch }) {
  const session = useQuery(sessionQuery(sessionId));
  const commands = useEverything(useInfiniteQuery(commandsQuery(sessionId)));
  const title = session.data === undefined ? "Session" : `${session.data.repository} @ ${commitOf(session.data)}`;
  return (
    <Page
      title={title}
      up={{ to: "/lab", title: "Lab" }}
      marks={
        session.data === undefined ? null : (
          <Group gap={6}>
            <Mark of={session.data.state} />
            {session.data.sandbox_level ? <Level of={session.data.sandbox_level} /> : null}
          </Group>
        )
      }
      actions={
        session.data === undefined ? null : (
          <SessionActions session={session.data} commands={commands.data?.items ?? []} />
        )
      }
    >
      <Answer query={session}>{(one) => <Session session={one} search={search} />}</Answer>
    </Page>
  );
}

function Session({ session, search }: { session: LabSession; search: SessionSearch }) {
  const go = useUrl();
  const commands = useEverything(useInfiniteQuery(commandsQuery(session.id)));
  const props: TabProps = { session, search, go };
  const isBad = session.state === "failed" || session.state === "expired";
  return (
    <>
      {isBad ? (
        <Alert color="red" py={6} mb="sm" role="status">
          {whyOf(session)}
        </Alert>
      ) : (
        <Text size="sm" c="dimmed" mb="xs" role="status">
          {whyOf(session)}
        </Text>
      )}
      <Facts session={session} />
      <Tabs
        value={search.tab ?? "log"}
        onChange={(tab) => go({ tab: tab === "log" ? undefined : tab }, "opens")}
        keepMounted={false}
      >
        <Tabs.List mb="sm" style={{ flexWrap: "nowrap", overflowX: "auto", overflowY: "hidden" }}>
          <Tabs.Tab value="log">Commands</Tabs.Tab>
          <Tabs.Tab value="artifacts">Artifacts</Tabs.Tab>
          <Tabs.Tab value="files">Files</Tabs.Tab>
          <Tabs.Tab value="debug">Debug</Tabs.Tab>
          <Tabs.Tab value="about">About</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="log">
          <Answer query={commands}>{({ items }) => <CommandsTab {...props} commands={items} />}</Answer>
        </Tabs.Panel>
        <Tabs.Panel value="artifacts">
          <ArtifactsTab {...props} />
        </Tabs.Panel>
        <Tabs.Panel value="files">
          <FilesTab {...props} />
        </Tabs.Panel>
        <Tabs.Panel value="debug">
          <DebugTab {...props} />
        </Tabs.Panel>
        <Tabs.Panel value="about">
          <AboutTab {...props} />
        </Tabs.Panel>
      </Tabs>
      <Box h={40} />
    </>
  );
}
