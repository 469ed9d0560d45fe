import { Box, Button, Group, SegmentedControl, Stack, Text, Textarea } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { answered, api } from "~/api/client";
import { useTend } from "~/api/rights";
import { plural } from "~/format/numbers";
import { Failure } from "~/parts/failure";
import type { Listed } from "~/parts/listed";
import { Moment } from "~/parts/moment";
import { More } from "~/parts/more";
import { Panel } from "~/parts/panel";
import { sayProblem } from "~/parts/say";
import { usePageKeys } from "~/parts/use-page-keys";
import { GoalLink } from "./goal-link";
import type { Happening } from "./happenings";
import type { Entry } from "./queries";
import { TIMELINE_KINDS, type TimelineKind } from "./search";

type Props = {
  incidentId: string;
  query: Listed<Entry>;
  lines: Happening[];
  show: TimelineKind | undefined;
  isNewestFirst: boolean;
  onView: (change: { show?: TimelineKind; newest?: true }) => void;
};

const KIND_TITLES: Record<TimelineKind, string> = { happened: "Happened", work: "Work", people: "People" };

/** Everything that touched the incident, in one line of time; and the place to write down what was found out. */
export function TimelinePanel({ incidentId, query, lines, show, isNewestFirst, onView }: Props) {
  const chosen = lines.filter((one) => show === undefined || one.kind === show);
  const shown = isNewestFirst ? chosen.toReversed() : chosen;
  return (
    <Panel
      title="Timeline"
      actions={
        <Group gap="xs">
          <SegmentedControl
            aria-label="What the timeline shows"
            value={show ?? "all"}
            data={[
              { value: "all", label: "All" },
              ...TIMELINE_KINDS.map((value) => ({ value, label: KIND_TITLES[value] })),
            ]}
            onChange={(value) => onView({ show: TIMELINE_KINDS.find((one) => one === value) })}
          />
          <Button variant="default" onClick={() => onView({ newest: isNewestFirst ? undefined : true })}>
            {isNewestFirst ? "Latest first" : "Earliest first"}
          </Button>
        </Group>
      }
    >
      <Stack gap="sm">
        {query.isError ? <Failure error={query.error} retry={() => void query.refetch()} /> : null}
        <Box component="ol" m={0} p={0} style={{ listStyle: "none" }}>
          {shown.map((line) => (
            <Line key={line.key} line={line} />
          ))}
        </Box>
        {chosen.length === 0 && query.data !== undefined ? (
          <Text size="sm" c="dimmed">
            Nothing of this kind.
          </Text>
        ) : null}
        <More of={query}>Show what came later</More>
        {useTend() === null ? <NoteForm incidentId={incidentId} /> : null}
      </Stack>
    </Panel>
  );
}

function Line({ line }: { line: Happening }) {
  return (
    <Box
      component="li"
      py={6}
      pl="sm"
      ml={4}
      style={{ borderLeft: "2px solid var(--mantine-color-default-border)" }}
      data-kind={line.kind}
    >
      <Group gap={8} align="baseline">
        <Text size="xs" c="dimmed" miw={64}>
          <Moment at={line.at} form="absolute" />
        </Text>
        <Text size="sm" fw={600}>
          {line.what}
        </Text>
        {line.goal === undefined ? null : (
          <GoalLink goal={line.goal} fz="sm">
            {line.goalTitle}
          </GoalLink>
        )}
        <Text size="xs" c="dimmed">
          {line.who}
        </Text>
        {line.report === undefined || line.report.count === 1 ? null : (
          <Text size="xs" c="dimmed">
            {plural(line.report.count, "report")} until <Moment at={line.report.until} form="absolute" />
          </Text>
        )}
      </Group>
      {line.details.map((detail, place) => (
        <Detail key={place} text={detail} />
      ))}
    </Box>
  );
}

// Longer than what a screen holds beside the rest: it scrolls where it stands.
const LONG = 1_200;

function Detail({ text }: { text: string }) {
  const words = (
    <Text size="sm" style={{ whiteSpace: "pre-wrap" }}>
      {text}
    </Text>
  );
  if (text.length < LONG && text.split("\n").length < 15) return words;
  return (
    <Box mah={300} style={{ overflowY: "auto" }} tabIndex={0} role="group" aria-label="All of it">
      {words}
    </Box>
  );
}

function NoteForm({ incidentId }: { incidentId: string }) {
  const queries = useQueryClient();
  const field = useRef<HTMLTextAreaElement>(null);
  const [body, setBody] = useState("");
  usePageKeys([["n", () => field.current?.focus()]]);
  const note = useMutation({
    mutationFn: () =>
      answered(
        api.POST("/api/v1/incidents/{incident_id}/notes", {
          params: { path: { incident_id: incidentId } },
          body: { body },
        }),
      ),
    onError: sayProblem,
    onSuccess: () => {
      setBody("");
      return queries.invalidateQueries({ queryKey: ["incidents", "timeline", incidentId] });
    },
  });
  const write = () => {
    if (body.trim() !== "" && !note.isPending) note.mutate();
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        write();
      }}
    >
      <Group align="flex-end" gap="xs">
        <Textarea
          ref={field}
          aria-label="What you found out"
          placeholder="What you found out (n)"
          flex={1}
          minRows={1}
          maxRows={10}
          maxLength={10_000}
          value={body}
          onChange={(event) => setBody(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
            event.preventDefault();
            write();
          }}
        />
        <Button type="submit" variant="default" disabled={body.trim() === ""} loading={note.isPending}>
          Note it
        </Button>
      </Group>
    </form>
  );
}
