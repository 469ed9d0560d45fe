import { Group, Paper, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { count } from "~/format/numbers";
import { SEVERITIES, type Severity } from "~/pages/incidents/search";
import { PageLink } from "~/parts/link";
import { figures } from "./queries";

const COLOURS: Partial<Record<Severity, string>> = { critical: "red", high: "orange" };

/** How many incidents are not closed, by severity; each number leads to its list. */
export function FiguresStrip() {
  const incidents = useQuery(figures).data?.incidents;
  if (incidents === null || incidents === undefined) return null;
  return (
    <Group gap="sm" mb="md" component="section" aria-label="Incidents that are not closed, by severity">
      {SEVERITIES.map((severity) => {
        const many = incidents.by_severity[severity] ?? 0;
        return (
          <Paper key={severity} withBorder px="sm" py={6} miw={96}>
            <PageLink to="/incidents" search={{ live: true, severity: [severity] }} underline="never" c="inherit">
              <Text size="xl" fw={650} c={many > 0 ? COLOURS[severity] : undefined} lh={1.2}>
                {count(many)}
              </Text>
              <Text size="xs" c="dimmed">
                {severity}
              </Text>
            </PageLink>
          </Paper>
        );
      })}
      <Text size="sm" c="dimmed">
        In the last day {count(incidents.opened)} opened, {count(incidents.resolved)} resolved
      </Text>
    </Group>
  );
}
