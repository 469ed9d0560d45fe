import { SimpleGrid, Stack, Text } from "@mantine/core";
import { Mark } from "~/parts/marks";
import { Panel } from "~/parts/panel";
import { useLive } from "../feed/feed-context";

/** The risk and the verdict of the latest cycle, and why. */
export function Decided() {
  const { cycle, status } = useLive();
  if (cycle === null) {
    return (
      <Panel title="Risk">
        <Text size="sm" c="dimmed">
          No cycle has been seen yet.
        </Text>
      </Panel>
    );
  }
  return (
    <Panel title="Risk" actions={<Mark of={cycle.risk_level} />}>
      <SimpleGrid cols={{ base: 3, sm: 6 }} spacing="xs" verticalSpacing={4}>
        <Fact name="Verdict">
          <Mark of={cycle.outcome} title={cycle.decision} />
        </Fact>
        <Fact name="Decided by">{cycle.boundary ?? "–"}</Fact>
        <Fact name="Task">{cycle.active_task ?? "–"}</Fact>
        <Fact name="Fallback">{status?.active_fallback ?? cycle.fallback_triggered ?? "–"}</Fact>
        <Fact name="Mode">{cycle.mode === "enforce" ? "enforce" : <Mark of="warning" title={cycle.mode} />}</Fact>
        <Fact name="Cycle">{cycle.cycle_id}</Fact>
      </SimpleGrid>
      {/* As high with reasons as without: at 50 Hz the page must stand still. */}
      <Stack gap={0} mt="xs" mih={40} mah={40} style={{ overflow: "hidden" }}>
        {cycle.reasons.slice(0, 2).map((reason, place) => (
          <Text size="sm" key={place} truncate title={reason}>
            {reason}
          </Text>
        ))}
      </Stack>
    </Panel>
  );
}

function Fact({ name, children }: { name: string; children: React.ReactNode }) {
  return (
    <div style={{ minWidth: 0 }}>
      <Text size="xs" c="dimmed">
        {name}
      </Text>
      <Text component="div" size="sm" h={22} truncate>
        {children}
      </Text>
    </div>
  );
}
