import { Box, Group, Stack, Text } from "@mantine/core";
import type { Model } from "~/api/client";
import { figure } from "~/format/numbers";
import { dateOfNs } from "~/format/time";
import { measuredBy, signOf } from "~/format/triggers";
import { lineOf } from "~/pages/backtests/rules";
import { PageLink } from "~/parts/link";
import { Moment } from "~/parts/moment";
import { Panel } from "~/parts/panel";
import { type Gauge, gaugeOf } from "./gauge";
import { happenings } from "./happenings";
import type { Entry, Incident } from "./queries";

type Props = { incident: Incident; trigger: Model<"TriggerFired"> | null; entries: Entry[] };

/** Why there is an incident: what was measured against what, or what the guard, the alert or the person said. */
export function TriggerPanel({ incident, trigger, entries }: Props) {
  return (
    <Panel title="What fired">
      {trigger === null ? <Said incident={incident} entries={entries} /> : <Measured trigger={trigger} />}
    </Panel>
  );
}

function Measured({ trigger }: { trigger: Model<"TriggerFired"> }) {
  const { value = null, op = null, threshold = null } = trigger;
  const gauge = gaugeOf(value, threshold, op);
  const line = lineOf(trigger);
  return (
    <Stack gap={6}>
      <Group gap="sm" align="baseline">
        <Text component="code" ff="monospace" size="sm">
          {measuredBy(trigger)}
        </Text>
        {value === null ? null : (
          <Text size="xl" fw={650}>
            {figure(value)}
          </Text>
        )}
        {threshold === null || op === null ? null : (
          <Text c="dimmed">
            fires at {signOf(op)} {figure(threshold)}
          </Text>
        )}
      </Group>
      {gauge === null || value === null || threshold === null ? null : (
        <GaugeBar gauge={gauge} said={`${figure(value)}, the rule fires at ${signOf(op ?? "")} ${figure(threshold)}`} />
      )}
      <Text size="sm" c="dimmed">
        Rule <b>{trigger.rule}</b> ({trigger.kind.replaceAll("_", " ")}){" "}
        <Moment at={dateOfNs(trigger.fired_at_ns)} form="both" />
        {line === undefined ? null : (
          <>
            {" · "}
            <PageLink to="/recordings/backtests/new" search={{ rule: [line] }} underline="always" inherit>
              Try another limit on what was recorded
            </PageLink>
          </>
        )}
      </Text>
    </Stack>
  );
}

const percent = (share: number) => `${share * 100}%`;

function GaugeBar({ gauge, said }: { gauge: Gauge; said: string }) {
  const [from, to] = gauge.danger;
  return (
    <Box role="img" aria-label={said} maw={560}>
      <Box
        pos="relative"
        h={16}
        bg="var(--mantine-color-default-border)"
        style={{ borderRadius: 3, overflow: "hidden" }}
      >
        <Box
          pos="absolute"
          top={0}
          bottom={0}
          left={percent(from)}
          w={percent(to - from)}
          bg="var(--mantine-color-red-light)"
        />
        <Box pos="absolute" top={0} bottom={0} left={percent(gauge.threshold)} w={2} bg="red" />
        <Box
          pos="absolute"
          top={2}
          bottom={2}
          left={`calc(${percent(gauge.value)} - 3px)`}
          w={6}
          bg="var(--mantine-color-text)"
          style={{ borderRadius: 2 }}
        />
      </Box>
      <Group justify="space-between" fz="xs" c="dimmed">
        <span>{figure(gauge.low, 3)}</span>
        <span>{figure(gauge.high, 3)}</span>
      </Group>
    </Box>
  );
}

function Said({ incident, entries }: { incident: Incident; entries: Entry[] }) {
  const first = happenings(entries).find(
    ({ kind, what, details }) => kind === "happened" && details.length > 0 && what !== "Opened",
  );
  return (
    <Stack gap={4}>
      <Text size="sm">
        {OPENED[incident.opened_by] ?? `${incident.opened_by} reported it`}{" "}
        <Moment at={incident.opened_at} form="both" />
      </Text>
      {first === undefined ? null : (
        <Text size="sm" component="div">
          <b>{first.what}</b>
          {first.details.map((line) => (
            <div key={line}>{line}</div>
          ))}
        </Text>
      )}
    </Stack>
  );
}

const OPENED: Record<string, string> = {
  trigger: "A rule on the robot fired",
  guard: "A guard refused or changed what the policy asked for",
  alert: "An alert of the monitoring fired",
};
