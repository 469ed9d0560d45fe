import { SimpleGrid, Text } from "@mantine/core";
import { count } from "~/format/numbers";
import { Panel } from "~/parts/panel";
import { useLive } from "../feed/feed-context";

/** What came here, and what did not. */
export function Counts() {
  const state = useLive();
  const all = state.received + state.missedCycles;
  const share = all === 0 ? 0 : (100 * state.missedCycles) / all;
  const { timing } = state.status ?? {};
  return (
    <Panel title="What this page saw">
      <SimpleGrid cols={2} spacing="xs" verticalSpacing={4}>
        <Line name="Cycles seen" value={count(state.received)} />
        <Line
          name="Cycles missed"
          value={`${count(state.missedCycles)}${state.missedCycles === 0 ? "" : ` (${share.toFixed(1)} %)`}`}
          title="Cycles that never came here, by the gaps in their numbers"
          isBad={share > 1}
        />
        <Line
          name="Left out by the hub"
          value={count(state.leftOut)}
          title="Cycles and frames left out because this browser was too slow for them; frames first"
          isBad={state.leftOut > 0}
        />
        <Line name="Clamped or rejected" value={count(state.notable)} />
        {timing === undefined ? null : (
          <>
            <Line
              name="Deadline misses"
              value={`${count(timing.deadline_misses)} of ${count(timing.cycles)}`}
              title="Since the guard's program started"
            />
            <Line name="Policy late" value={count(timing.late_policies)} title="Since the guard's program started" />
          </>
        )}
      </SimpleGrid>
    </Panel>
  );
}

type LineProps = { name: string; value: string; title?: string; isBad?: boolean };

function Line({ name, value, title, isBad = false }: LineProps) {
  return (
    <Text size="sm" title={title} component="div">
      <Text span size="xs" c="dimmed">
        {name}
      </Text>
      <br />
      <Text span fw={isBad ? 700 : undefined}>
        {value}
      </Text>
    </Text>
  );
}
