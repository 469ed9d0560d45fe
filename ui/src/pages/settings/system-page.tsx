import { Anchor, Group, SimpleGrid, Stack, Table, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { answered, api, ask, asProblem, type Model } from "~/api/client";
import { toAdminister, useKnown } from "~/api/rights";
import { Answer } from "~/parts/answer";
import { PageLink } from "~/parts/link";
import { Mark } from "~/parts/marks";
import { Panel } from "~/parts/panel";
import { Level } from "../lab/level";
import { sandboxQuery } from "../lab/queries";
import { readinessOf } from "./readiness";
import { SettingsFrame } from "./settings-frame";

/** Whether the hub can work, and what it is made of. */
export function SystemPage() {
  return (
    <SettingsFrame title="System">
      <SimpleGrid cols={{ base: 1, md: 2 }}>
        <Readiness />
        {useKnown(toAdminister) === null ? <Facts /> : null}
        <Sandbox />
        <Panel title="Documentation">
          <Stack gap={4}>
            <Anchor href="/docs" size="sm">
              The API, to be tried
            </Anchor>
            <Anchor href="/openapi.json" size="sm">
              Its description, for programs
            </Anchor>
            <Anchor href="/metrics" size="sm">
              What this hub counts, for Prometheus
            </Anchor>
          </Stack>
        </Panel>
      </SimpleGrid>
    </SettingsFrame>
  );
}

function Readiness() {
  const ready = useQuery({
    queryKey: ["readiness"],
    // No event tells that a disk is full or a database gone.
    refetchInterval: 15_000,
    queryFn: async ({ signal }) => {
      try {
        return readinessOf(await (await ask("/readyz", { signal })).json());
      } catch (error) {
        // A hub that is not ready answers 503 and says why: that is what is asked for here.
        const problem = asProblem(error);
        if (problem.status !== 503) throw error;
        return readinessOf(problem.body);
      }
    },
  });
  return (
    <Panel title="Readiness" flush>
      <Answer query={ready}>
        {({ isReady, checks }) => (
          <>
            <Group p="sm" gap="xs">
              <Mark of={isReady ? "ready" : "failed"} />
              <Text size="sm">{isReady ? "Everything it needs answers." : "Something it needs does not answer."}</Text>
            </Group>
            <Table aria-label="Checks">
              <Table.Tbody>
                {checks.map(({ name, said, works }) => (
                  <Table.Tr key={name}>
                    <Table.Td w={110}>{name}</Table.Td>
                    <Table.Td>
                      <Text size="sm" c={works ? undefined : "red"}>
                        {said}
                      </Text>
                    </Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </>
        )}
      </Answer>
    </Panel>
  );
}

function Facts() {
  const facts = useQuery({
    queryKey: ["system"],
    queryFn: ({ signal }) => answered(api.GET("/api/v1/system", { signal })),
  });
  return (
    <Panel title="This hub" flush>
      <Answer query={facts}>
        {(system) => (
          <Table aria-label="This hub">
            <Table.Tbody>
              {rowsOf(system).map(([name, value]) => (
                <Table.Tr key={name}>
                  <Table.Td w={110}>{name}</Table.Td>
                  <Table.Td>{value}</Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        )}
      </Answer>
    </Panel>
  );
}

function rowsOf(system: Model<"SystemFacts">): [string, ReactNode][] {
  return [
    ["Pilothouse", system.version],
    ["Mode", system.mode === "fleet" ? "fleet" : "single: trusts its network unless a password is set"],
    ["Database", `${system.database} ${system.database_version}`],
    ["Schema", system.schema_revision ?? "none"],
    ["Recordings", system.storage === "bucket" ? "in a bucket" : "in its data directory"],
    ["Web UI", system.ui_built ? "built" : "not built: this page comes from a development server"],
    ["Python", system.python],
  ];
}

function Sandbox() {
  const sandbox = useQuery(sandboxQuery);
  return (
    <Panel title="Sandbox of debug sessions">
      <Answer query={sandbox}>
        {({ level, workers }) => (
          <Group gap="xs">
            {level === null ? <Text size="sm">No worker runs.</Text> : <Level of={level} />}
            <Text size="sm">
              {workers.length === 1 ? "1 worker" : `${workers.length} workers`};{" "}
              <PageLink inherit to="/lab/sandbox">
                what each offers
              </PageLink>
            </Text>
          </Group>
        )}
      </Answer>
    </Panel>
  );
}
