import { Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { count } from "~/format/numbers";
import { IncidentTable } from "~/pages/incidents/incident-table";
import { Answer } from "~/parts/answer";
import { PageLink } from "~/parts/link";
import { Panel } from "~/parts/panel";
import { openIncidents } from "./queries";
import { Quiet } from "./quiet";

/** What nobody has closed: the worst first, the longest waiting before the newest. */
export function IncidentsPanel() {
  const query = useQuery(openIncidents);
  return (
    <Panel
      title="Open incidents"
      flush
      actions={
        query.data === undefined || query.data.total === 0 ? null : (
          <PageLink to="/incidents" search={{ live: true }} size="sm">
            All {count(query.data.total)}
          </PageLink>
        )
      }
    >
      <Answer query={query}>
        {({ items, total }) =>
          items.length === 0 ? (
            <Quiet isFlush>None: everything that happened is closed.</Quiet>
          ) : (
            <>
              <IncidentTable incidents={items} search={{ live: true }} isBrief />
              {total > items.length ? (
                <Text size="xs" c="dimmed" p="sm">
                  The {items.length} most urgent. j and k go through them.
                </Text>
              ) : null}
            </>
          )
        }
      </Answer>
    </Panel>
  );
}
