import { Button, Group, Paper, SegmentedControl, Text } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useTend } from "~/api/rights";
import { count } from "~/format/numbers";
import { ActButton } from "~/parts/act-button";
import { Answer } from "~/parts/answer";
import { Command } from "~/parts/command";
import { Empty } from "~/parts/empty";
import { Page } from "~/parts/page";
import { type Step, useUrl } from "~/parts/use-url";
import { ChosenBar } from "./chosen/chosen-bar";
import { useChosen } from "./chosen/use-chosen";
import { IncidentFilters } from "./incident-filters";
import { IncidentTable } from "./incident-table";
import { NewIncident } from "./new-incident";
import { incidentList, PAGE } from "./queries";
import { type IncidentListSearch, type IncidentSearch, isNarrowed } from "./search";

type Props = { search: IncidentListSearch };

/** Every incident, the latest first. */
export function IncidentsPage({ search }: Props) {
  const url = useUrl();
  const query = useQuery(incidentList(search));
  const chosen = useChosen(search);
  const go = (change: Props["search"], step?: Step) => url(change, step);
  return (
    <Page
      title="Incidents"
      marks={query.data === undefined ? null : <Text c="dimmed">{count(query.data.total)}</Text>}
      actions={
        <>
          <SegmentedControl
            aria-label="Order"
            value={search.order ?? "latest"}
            data={[
              { value: "latest", label: "Latest first" },
              { value: "urgency", label: "Worst first" },
            ]}
            onChange={(order) => go({ order: order === "urgency" ? order : undefined, page: undefined })}
          />
          <ActButton
            variant="default"
            refusal={useTend()}
            leftSection={<IconPlus size={14} />}
            onAct={() => go({ report: true }, "opens")}
          >
            Report an incident
          </ActButton>
        </>
      }
    >
      <IncidentFilters search={search} onChange={(change) => go({ ...change, page: undefined })} />
      <ChosenBar
        chosen={chosen}
        listed={query.data?.items ?? []}
        isJudging={search.judge === true}
        onJudge={(judge) => go({ judge: judge || undefined }, judge ? "opens" : "closes")}
      />
      <Answer query={query}>
        {({ items, total }) =>
          items.length === 0 ? (
            <Nothing search={search} />
          ) : (
            <>
              <Paper withBorder>
                <IncidentTable incidents={items} search={search} chosen={chosen} />
              </Paper>
              <Pages
                page={search.page ?? 1}
                total={total}
                onPage={(page) => {
                  go({ page: page > 1 ? page : undefined }, "opens");
                  window.scrollTo(0, 0);
                }}
              />
            </>
          )
        }
      </Answer>
      <NewIncident opened={search.report === true} onClose={() => go({ report: undefined }, "closes")} />
    </Page>
  );
}

function Pages({ page, total, onPage }: { page: number; total: number; onPage: (page: number) => void }) {
  const pages = Math.max(1, Math.ceil(total / PAGE));
  return (
    <Group justify="space-between" mt="sm">
      <Text size="xs" c="dimmed" visibleFrom="sm">
        j and k go through the list, Enter opens, x chooses
      </Text>
      {pages > 1 ? (
        <Group gap="xs" component="nav" aria-label="Pages">
          <Button variant="default" disabled={page <= 1} onClick={() => onPage(page - 1)}>
            Later
          </Button>
          <Text size="sm">
            {page} of {pages}
          </Text>
          <Button variant="default" disabled={page >= pages} onClick={() => onPage(page + 1)}>
            Earlier
          </Button>
        </Group>
      ) : null}
    </Group>
  );
}

function Nothing({ search }: { search: IncidentSearch }) {
  if (isNarrowed(search) || search.page !== undefined) {
    return <Empty title="No incident is like this">Take one of the filters away.</Empty>;
  }
  return (
    <Empty title="No incidents yet">
      A trigger on a robot, a guard, or an alert of your monitoring opens one. To see one now, record a flight and let a
      rule fire:
      <Command text="pilothouse demo" />
    </Empty>
  );
}
