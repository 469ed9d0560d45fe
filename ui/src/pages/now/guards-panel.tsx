import { Group, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { plural } from "~/format/numbers";
import { Answer } from "~/parts/answer";
import { PageLink } from "~/parts/link";
import { Mark } from "~/parts/marks";
import { Moment, useNow } from "~/parts/moment";
import { Panel } from "~/parts/panel";
import { LATELY_MS, rejections } from "./queries";
import { Quiet } from "./quiet";

/** Guards that refuse what policies ask for, in the last minutes. */
export function GuardsPanel() {
  const query = useQuery(rejections);
  const now = useNow();
  return (
    <Panel title="Guards refusing">
      <Answer query={query}>
        {({ items, total }) => {
          const since = now.getTime() - LATELY_MS;
          const found = items.filter(({ latest }) => Date.parse(latest.occurred_at) >= since);
          if (found.length === 0) return <Quiet>None in the last {LATELY_MS / 60_000} minutes.</Quiet>;
          return (
            <Stack gap="sm">
              {found.map(({ robot_id: robotId, rejected, latest, boundaries }) => (
                <div key={robotId}>
                  <Group gap={6}>
                    <PageLink to="/robots/$robotId/live" params={{ robotId }} search={{}} size="sm" fw={600}>
                      {robotId}
                    </PageLink>
                    <Mark of={latest.risk_level} />
                    <Text size="xs" c="dimmed">
                      <Moment at={latest.occurred_at} />
                    </Text>
                  </Group>
                  <Text size="sm">
                    {plural(rejected, "refusal")} in {LATELY_MS / 60_000} min
                    {boundaries.length === 0 ? "" : ` by ${boundaries.join(", ")}`}
                  </Text>
                  <Text size="xs" c="dimmed" lineClamp={2}>
                    {latest.reason}
                  </Text>
                </div>
              ))}
              {total > items.length ? (
                <Text size="xs" c="dimmed">
                  and {plural(total - items.length, "more robot")}
                </Text>
              ) : null}
            </Stack>
          );
        }}
      </Answer>
    </Panel>
  );
}
