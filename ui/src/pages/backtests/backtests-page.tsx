import { Table, Text } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useTend } from "~/api/rights";
import { ActLink } from "~/parts/act-button";
import { Answer } from "~/parts/answer";
import { Empty } from "~/parts/empty";
import { PageLink } from "~/parts/link";
import { Moment } from "~/parts/moment";
import { Page } from "~/parts/page";
import { Pager } from "~/parts/pager";
import { Panel } from "~/parts/panel";
import { HowFar, nameOf } from "./progress";
import { backtestsQuery } from "./queries";
import type { BacktestsSearch } from "./search";

/** Rules that were tried on recordings that there are already. */
export function BacktestsPage({ search }: { search: BacktestsSearch }) {
  const query = useQuery(backtestsQuery(search.offset ?? 0));
  return (
    <Page
      title="Backtests"
      up={{ to: "/recordings", title: "Recordings" }}
      actions={
        <ActLink refusal={useTend()} to="/recordings/backtests/new" leftSection={<IconPlus size={14} />}>
          Try rules
        </ActLink>
      }
    >
      <Answer query={query}>
        {(page) =>
          page.items.length === 0 ? (
            <Empty title="No rules were tried yet">
              Before a robot gets a rule it can be tried on what was recorded: how often would it have fired, and where?{" "}
              <PageLink to="/recordings/backtests/new" search={{}} underline="always" inherit>
                Try one
              </PageLink>
            </Empty>
          ) : (
            <Panel flush>
              <Table aria-label="Backtests" highlightOnHover>
                <Table.Thead>
                  <Table.Tr>
                    <Table.Th>Rules</Table.Th>
                    <Table.Th w="40%">How far</Table.Th>
                    <Table.Th w={120} visibleFrom="sm">
                      Begun
                    </Table.Th>
                  </Table.Tr>
                </Table.Thead>
                <Table.Tbody>
                  {page.items.map((one) => (
                    <Table.Tr key={one.id}>
                      <Table.Td style={{ overflowWrap: "anywhere" }}>
                        <PageLink to="/recordings/backtests/$backtestId" params={{ backtestId: one.id }} inherit>
                          {nameOf(one)}
                        </PageLink>
                        {one.name === null ? null : (
                          <Text size="xs" c="dimmed" ff="monospace">
                            {one.rules.join(", ")}
                          </Text>
                        )}
                      </Table.Td>
                      <Table.Td>
                        <HowFar backtest={one} />
                      </Table.Td>
                      <Table.Td visibleFrom="sm">
                        <Moment at={one.created_at} />
                      </Table.Td>
                    </Table.Tr>
                  ))}
                </Table.Tbody>
              </Table>
              <Pager {...page} />
            </Panel>
          )
        }
      </Answer>
    </Page>
  );
}
