import { Box, Group, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { plural } from "~/format/numbers";
import { dateOfNs } from "~/format/time";
import { comparison, measuredBy } from "~/format/triggers";
import { Answer } from "~/parts/answer";
import { Empty } from "~/parts/empty";
import { PageLink } from "~/parts/link";
import { Mark } from "~/parts/marks";
import { Moment } from "~/parts/moment";
import { Pager } from "~/parts/pager";
import { Panel } from "~/parts/panel";
import { Curve } from "./curve";
import { isOver } from "./progress";
import { type Backtest, type Firing, type Result, resultsQuery } from "./queries";
import type { BacktestSearch } from "./search";

// Of one recording; the rest is a look at the recording away.
const SHOWN_FIRINGS = 8;

/** What the rules did, recording by recording. */
export function Results({ backtest, search }: { backtest: Backtest; search: BacktestSearch }) {
  const query = useQuery(resultsQuery(backtest.id, search.fired === true, search.offset ?? 0));
  return (
    <Answer query={query}>
      {(page) =>
        page.items.length === 0 ? (
          <Empty title={isOver(backtest) ? "Nothing like this was found" : "The first recording is being read"} />
        ) : (
          <Panel flush>
            <Box component="ul" m={0} p={0} style={{ listStyle: "none" }} aria-label="Recordings">
              {page.items.map((one) => (
                <OfRecording key={one.session_id} result={one} />
              ))}
            </Box>
            <Pager {...page} />
          </Panel>
        )
      }
    </Answer>
  );
}

function OfRecording({ result: one }: { result: Result }) {
  const rest = one.firing_count - Math.min(one.firings.length, SHOWN_FIRINGS);
  return (
    <Box component="li" px="sm" py="xs" style={{ borderBottom: "1px solid var(--mantine-color-default-border)" }}>
      <Group gap="sm" align="baseline">
        <PageLink to="/recordings/$recordingId" params={{ recordingId: one.session_id }} search={{}} size="sm">
          {one.session_id}
        </PageLink>
        <Text size="xs" c="dimmed">
          {one.robot_id}
        </Text>
        <Text size="sm" fw={one.firing_count === 0 ? 400 : 600}>
          {one.firing_count === 0 ? "nothing fired" : plural(one.firing_count, "firing")}
        </Text>
        {one.problem === null ? null : <Mark of="failed" />}
      </Group>
      {one.problem === null ? null : <Text size="sm">{one.problem}</Text>}
      {one.warnings.map((warning) => (
        <Text key={warning} size="xs" c="dimmed">
          {warning}
        </Text>
      ))}
      {one.firings.length === 0 ? null : (
        <Stack gap={4} mt={4}>
          {one.firings.slice(0, SHOWN_FIRINGS).map((firing) => (
            <Fired
              key={`${firing.fired.rule} ${firing.fired.fired_at_ns}`}
              sessionId={one.session_id}
              firing={firing}
            />
          ))}
          {rest > 0 ? (
            <Text size="xs" c="dimmed">
              and {plural(rest, "more firing")}
            </Text>
          ) : null}
        </Stack>
      )}
    </Box>
  );
}

function Fired({ sessionId, firing }: { sessionId: string; firing: Firing }) {
  const { fired } = firing;
  const field = measuredBy(fired);
  const plots = field === fired.rule ? undefined : [field];
  return (
    <Group gap="sm" wrap="nowrap">
      <Curve firing={firing} />
      <Text size="sm" component="div" miw={0} style={{ overflowWrap: "anywhere" }}>
        <PageLink
          to="/recordings/$recordingId"
          params={{ recordingId: sessionId }}
          search={{ ns: String(fired.fired_at_ns), plots }}
          inherit
        >
          <Moment at={dateOfNs(fired.fired_at_ns)} form="absolute" />
        </PageLink>{" "}
        {fired.rule}
        <Text size="xs" c="dimmed">
          {[fired.rule.startsWith(field) ? "" : field, comparison(fired)].filter((one) => one !== "").join(": ")}
        </Text>
      </Text>
    </Group>
  );
}
