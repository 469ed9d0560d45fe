import { Box, Group, Stack, Text } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import type { Model } from "~/api/client";
import { Answer } from "~/parts/answer";
import { Empty } from "~/parts/empty";
import { useShown } from "~/parts/listed";
import { Moment } from "~/parts/moment";
import { More } from "~/parts/more";
import { useTaskTitles } from "../incidents/use-incident-title";
import { history } from "../model/queries";
import { changesOf, verbOf } from "../model/story";
import { Who } from "../who";

/** What happened on a board or to one thing on it, the latest first; nobody can change it. */
export function HistoryList({ boardId, subjectId }: { boardId: string; subjectId?: string }) {
  const found = useShown(useInfiniteQuery(history(boardId, subjectId)), "past");
  const titleOf = useTaskTitles(found.data?.items.map(named) ?? []);
  return (
    <Answer query={found}>
      {({ items: entries }) => {
        if (entries.length === 0) return <Empty title="Nothing has happened yet" />;
        return (
          <>
            <Stack gap="xs" component="ol" m={0} p={0} style={{ listStyle: "none" }} aria-label="History">
              {entries.map((entry) => (
                <Entry
                  key={entry.sequence}
                  entry={entry}
                  summary={subjectId === undefined ? titleOf(named(entry)) : ""}
                />
              ))}
            </Stack>
            <More of={found}>Show what was before</More>
          </>
        );
      }}
    </Answer>
  );
}

// The summary of a task that a rule made of an incident is its title, which names no more than the incident's id.
function named({ summary }: Model<"ActivityEntry">) {
  return { title: summary, incident_id: /^Incident (inc_\w+), /.exec(summary)?.[1] ?? null };
}

function Entry({ entry, summary }: { entry: Model<"ActivityEntry">; summary: string }) {
  const changes = changesOf(entry);
  return (
    <Box component="li" fz="sm" style={{ borderBottom: "1px solid var(--mantine-color-default-border)" }} pb={6}>
      <Group gap={6} justify="space-between" wrap="nowrap" align="baseline">
        <Text size="sm" component="div" miw={0}>
          <Who kind={entry.actor.kind} name={entry.actor.name} fw={600} /> {verbOf(entry)}
          {summary === "" ? null : (
            <Text span inherit c="dimmed">
              {" "}
              {summary}
            </Text>
          )}
        </Text>
        <Text size="xs" c="dimmed" style={{ whiteSpace: "nowrap" }}>
          <Moment at={entry.recorded_at} />
        </Text>
      </Group>
      {changes.map(({ name, before, after }) => (
        <Text key={name} size="xs" c="dimmed" component="div" pl={18}>
          {name}: {before} → {after}
        </Text>
      ))}
    </Box>
  );
}
