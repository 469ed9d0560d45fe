import { Button, Group, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { Model } from "~/api/client";
import { useTend } from "~/api/rights";
import { Answer } from "~/parts/answer";
import { PageLink } from "~/parts/link";
import { Mark } from "~/parts/marks";
import { Moment } from "~/parts/moment";
import { Panel } from "~/parts/panel";
import { type Incident, similar } from "./queries";
import { type IncidentSearch, listOf } from "./search";
import { isClosed } from "./steps";

type Props = {
  incident: Incident;
  search: IncidentSearch;
  /** It is said to repeat one of them. */
  onRepeats: (original: string) => void;
};

/** Incidents that are like this one, and why. */
export function SimilarPanel({ incident, search, onRepeats }: Props) {
  const query = useQuery(similar(incident.id));
  const refusal = useTend();
  return (
    <Panel title="Similar incidents">
      <Answer query={query}>
        {({ items }) =>
          items.length === 0 ? (
            <Text size="sm" c="dimmed">
              None by the same rule or label, and none whose signals did the same.
            </Text>
          ) : (
            <Stack gap="xs">
              {items.map((one) => (
                <div key={one.incident.id}>
                  <PageLink
                    to="/incidents/$incidentId"
                    params={{ incidentId: one.incident.id }}
                    search={listOf(search)}
                    size="sm"
                  >
                    {one.incident.title}
                  </PageLink>
                  <Group gap={6} c="dimmed" fz="xs">
                    <Mark of={one.incident.state} />
                    <span>{why(one)}</span>
                    <Moment at={one.incident.opened_at} />
                    {refusal !== null || isClosed(incident.state) || one.incident.state === "duplicate" ? null : (
                      <Button
                        variant="subtle"
                        size="compact-xs"
                        aria-label={`It repeats this: ${one.incident.title}`}
                        onClick={() => onRepeats(one.incident.id)}
                      >
                        It repeats this
                      </Button>
                    )}
                  </Group>
                  {one.incident.root_cause === null ? null : (
                    <Text size="xs" lineClamp={2}>
                      Cause: {one.incident.root_cause}
                    </Text>
                  )}
                </div>
              ))}
            </Stack>
          )
        }
      </Answer>
    </Panel>
  );
}

function why(one: Model<"SimilarIncident">): string {
  const parts = [
    one.same_rule ? "same rule" : "",
    one.same_label ? "same label" : "",
    one.signals === null || one.signals === undefined ? "" : `signals ${Math.round(one.signals * 100)} %`,
  ];
  return parts.filter((part) => part !== "").join(", ");
}
