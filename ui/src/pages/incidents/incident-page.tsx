import { Grid, Group, Stack, Text } from "@mantine/core";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useEffect, useMemo } from "react";
import { useTend } from "~/api/rights";
import { recordingQuery } from "~/pages/player/queries";
import { ActButton } from "~/parts/act-button";
import { Answer } from "~/parts/answer";
import { Copy } from "~/parts/command";
import { useShown } from "~/parts/listed";
import { Mark } from "~/parts/marks";
import { Moment } from "~/parts/moment";
import { Page } from "~/parts/page";
import { say } from "~/parts/say";
import { usePageKeys } from "~/parts/use-page-keys";
import { type Step, useUrl } from "~/parts/use-url";
import { useChange } from "./change";
import { RobotLink } from "./goal-link";
import { happenings } from "./happenings";
import { seen } from "./incident-table";
import { JudgementPanel } from "./judgement-panel";
import { LabPanel } from "./lab-panel";
import { firstOf } from "./moment-of";
import { Neighbours } from "./neighbours";
import { type Entry, type Incident, incident, labSessions, timeline } from "./queries";
import { RecordingPanel } from "./recording-panel";
import { RiskPanel } from "./risk-panel";
import { type IncidentView, listOf } from "./search";
import { SimilarPanel } from "./similar-panel";
import { nextStep } from "./steps";
import { TimelinePanel } from "./timeline-panel";
import { TriggerPanel } from "./trigger-panel";
import { placesOf, useWork } from "./work";
import { WorkPanel } from "./work-panel";

type Props = { id: string; view: IncidentView };

/** One incident: what failed, what was recorded of it, who works on it, what was decided. */
export function IncidentPage({ id, view }: Props) {
  const query = useQuery(incident(id));
  const one = query.data;
  return (
    <Page
      title={one?.title ?? "Incident"}
      up={{ to: "/incidents", title: "Incidents", search: listOf(view) }}
      marks={
        one === undefined ? null : (
          <Group gap={6}>
            <Mark of={one.severity} />
            <Mark of={one.state} />
          </Group>
        )
      }
      actions={
        <>
          <Neighbours id={one?.id ?? id} view={view} />
          {one === undefined ? null : <NextStep incident={one} />}
        </>
      }
    >
      <Answer query={query}>{(found) => <Case incident={found} view={view} />}</Answer>
    </Page>
  );
}

function NextStep({ incident: one }: { incident: Incident }) {
  const { change, conflict } = useChange(one);
  useEffect(() => {
    if (conflict !== null)
      say(`Somebody else was faster: ${conflict.others.join("; ")}. Press again if you still mean it.`);
  }, [conflict]);
  const refusal = useTend();
  const next = nextStep(one.state);
  const go = () => {
    if (next !== null && refusal === null && !change.isPending) change.mutate({ wanted: { state: next.to } });
  };
  usePageKeys([["e", go]]);
  if (next === null) return null;
  return (
    <ActButton
      refusal={refusal}
      hint={`${next.words} (e); r writes the root cause, t the ticket, n a note`}
      loading={change.isPending}
      onAct={go}
    >
      {next.words}
    </ActButton>
  );
}

const NO_ENTRIES: Entry[] = [];

function Case({ incident: one, view }: { incident: Incident; view: IncidentView }) {
  const url = useUrl();
  const look = (change: Partial<IncidentView>, step?: Step) => url(change, step);
  const recordingId = view.recording ?? firstOf(one.session_ids);
  const looked = useQuery({ ...recordingQuery(recordingId ?? ""), enabled: recordingId !== undefined });
  const line = useShown(useInfiniteQuery(timeline(one.id)), "later");
  const entries = line.data?.items ?? NO_ENTRIES;
  const places = useMemo(() => placesOf(entries), [entries]);
  const work = useWork(places);
  const sessions = useQuery(labSessions(one.id)).data?.items;
  // What is known of later times waits for the entries between: a line of time has no holes.
  const until = line.hasMore ? entries.at(-1)?.occurred_at : undefined;
  const lines = happenings(entries, { ...work, sessions }, until);
  return (
    <>
      <Facts incident={one} />
      <Grid gap="md">
        <Grid.Col span={{ base: 12, md: 8 }}>
          <Stack gap="md">
            <TriggerPanel incident={one} trigger={looked.data?.trigger ?? null} entries={entries} />
            <RecordingPanel
              incident={one}
              recordingId={recordingId}
              query={looked}
              onChoose={(recording) => look({ recording, t: undefined, from: undefined, to: undefined }, "opens")}
              place={view}
              onPlace={look}
            />
            <RiskPanel
              incident={one}
              opened={view.event}
              onOpen={(event) => look({ event }, event === undefined ? "closes" : "opens")}
            />
            <TimelinePanel
              incidentId={one.id}
              query={line}
              lines={lines}
              show={view.show}
              isNewestFirst={view.newest === true}
              onView={look}
            />
          </Stack>
        </Grid.Col>
        <Grid.Col span={{ base: 12, md: 4 }}>
          <Stack gap="md">
            <JudgementPanel
              incident={one}
              become={view.become}
              of={view.of}
              onBecome={(become) => look({ become, of: undefined }, become === undefined ? "closes" : "opens")}
            />
            <WorkPanel
              incidentId={one.id}
              places={places}
              work={work}
              board={view.board}
              onBoard={(board) => look({ board })}
            />
            <LabPanel incident={one} recordingId={recordingId} />
            <SimilarPanel incident={one} search={view} onRepeats={(of) => look({ become: "duplicate", of }, "opens")} />
          </Stack>
        </Grid.Col>
      </Grid>
    </>
  );
}

function Facts({ incident: one }: { incident: Incident }) {
  return (
    <Group gap="md" mb="md" fz="sm" c="dimmed">
      {one.robot_id === null ? null : <RobotLink id={one.robot_id} />}
      <Text inherit>
        opened <Moment at={one.opened_at} form="both" />
      </Text>
      {one.last_occurred_at === one.opened_at ? null : (
        <Text inherit>
          last <Moment at={one.last_occurred_at} />
        </Text>
      )}
      {one.resolved_at === null ? null : (
        <Text inherit>
          closed <Moment at={one.resolved_at} />
        </Text>
      )}
      <Text inherit>{seen(one)}</Text>
      <Group gap={2}>
        <Text inherit ff="monospace">
          {one.id}
        </Text>
        <Copy text={one.id} label="Copy the id" />
      </Group>
    </Group>
  );
}
