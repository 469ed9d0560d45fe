import { Box, Group, Stack, Text } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import type { Model } from "~/api/client";
import { Answer } from "~/parts/answer";
import { Empty } from "~/parts/empty";
import { useShown } from "~/parts/listed";
import { Moment } from "~/parts/moment";
import { More } from "~/parts/more";
import { history } from "../model/queries";
import { changesOf, verbOf } from "../model/story";
import { Who } from "../who";

/** What happened on a board or to one thing on it, the latest first; nobody can change it. */
export function HistoryList({ boardId, subjectId }: { boardId: string; subjectId?: string }) {
  const found = useShown(useInfiniteQuery(history(boardId, subjectId)), "past");
  return (
    <Answer query={found}>
      {({ items: entries }) => {
        if (entries.length === 0) return <Empty title="Nothing has happened yet" />;
        return (
          <>
            <Stack gap="xs" component="ol" m={0} p={0} style={{ listStyle: "none" }} aria-label="History">
              {entries.map((entry) => (
                <Entry key={entry.sequence} entry={entry} withSummary={subjectId === undefined} />
              ))}
            </Stack>
            <More of={found}>Show what was before</More>
          </>
        );
      }}
    </Answer>
  );
}

function Entry({ entry, withSummary }: { entry: Model<"ActivityEntry">; withSummary: boolean }) {
  const changes = changesOf(entry);
  return (
    <Box component="li" fz="sm" style={{ borderBottom: "1px solid var(--mantine-color-default-border)" }} pb={6}>
      <Group gap={6} justify="space-between" wrap="nowrap" align="baseline">
        <Text size="sm" component="div" miw={0}>
          <Who kind={entry.actor.kind} name={entry.actor.name} fw={600} /> {verbOf(entry)}
          {withSummary && entry.summary !== "" ? (
            <Text span inherit c="dimmed">
              {" "}
              {entry.summary}
            </Text>
          ) : null}
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
