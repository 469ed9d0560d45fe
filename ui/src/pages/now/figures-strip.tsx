import { Group, Paper, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { count } from "~/format/numbers";
import { SEVERITIES, type Severity } from "~/pages/incidents/search";
import { PageLink } from "~/parts/link";
import { figures } from "./queries";

const COLOURS: Partial<Record<Severity, string>> = { critical: "red", high: "orange" };

/** How many incidents are not closed, by severity; each number leads to its list. */
export function FiguresStrip() {
  const query = useQuery(figures);
  const incidents = query.data?.incidents;
  // What is below must not jump once the numbers are there.
  if (!query.isPending && (incidents === null || incidents === undefined)) return null;
  return (
    <Group
      gap="xs"
      mb="md"
      component="section"
      aria-label="Incidents that are not closed, by severity"
      aria-busy={query.isPending}
    >
      {SEVERITIES.map((severity) => {
        const many = incidents?.by_severity[severity] ?? 0;
        return (
          <Paper
            key={severity}
            withBorder
            px={{ base: "xs", xs: "sm" }}
            py={6}
            miw={{ base: 0, xs: 96 }}
            flex={{ base: 1, xs: "none" }}
          >
            <PageLink to="/incidents" search={{ live: true, severity: [severity] }} underline="never" c="inherit">
              <Text size="xl" fw={650} c={many > 0 ? COLOURS[severity] : undefined} lh={1.2}>
                {incidents === undefined ? "–" : count(many)}
              </Text>
              <Text size="xs" c="dimmed">
                {severity}
              </Text>
            </PageLink>
          </Paper>
        );
      })}
      <Text size="sm" c="dimmed" w={{ base: "100%", xs: "auto" }}>
        {incidents
          ? `In the last day ${count(incidents.opened)} opened, ${count(incidents.resolved)} resolved`
          : "Counting …"}
      </Text>
    </Group>
  );
}
