import { Box, Group, Text, useComputedColorScheme } from "@mantine/core";
import { useEffect, useRef } from "react";
import { Panel } from "~/parts/panel";
import { useFeed, useLive, usePainter } from "../feed/feed-context";
import type { Cycle, Stages } from "../feed/messages";
import { WINDOW_S } from "../feed/rings";
import { LatencyPainter } from "./latency-painter";

const STAGES: { key: keyof Omit<Stages, "total">; title: string }[] = [
  { key: "source", title: "source" },
  { key: "policy", title: "policy" },
  { key: "guards", title: "guards" },
  { key: "sink", title: "sink" },
];

/** How long cycles take against their deadline. */
export function Latency() {
  const canvas = useRef<HTMLCanvasElement>(null);
  const painter = useRef<LatencyPainter | null>(null);
  const scheme = useComputedColorScheme("light");
  const feed = useFeed();
  // biome-ignore lint/correctness/useExhaustiveDependencies: another scheme has other colours
  useEffect(() => {
    if (canvas.current === null) return;
    const made = new LatencyPainter(canvas.current);
    painter.current = made;
    made.paint(feed.state);
    const watching = new ResizeObserver(() => {
      made.measure();
      made.paint(feed.state);
    });
    watching.observe(canvas.current);
    return () => watching.disconnect();
  }, [feed, scheme]);
  usePainter((state) => painter.current?.paint(state));
  const { cycle, status } = useLive();
  const deadline = cycle?.perf?.deadline_ms ?? status?.cycle_budget_ms;
  return (
    <Panel title="Latency" actions={<Figures cycle={cycle} deadline={deadline} />}>
      <Box pos="relative">
        <canvas
          ref={canvas}
          role="img"
          aria-label={`Time of each cycle in the last ${WINDOW_S} seconds, against the deadline`}
          style={{ display: "block", width: "100%", height: 132 }}
        />
      </Box>
      <Group justify="space-between" gap="xs" mt={2} wrap="nowrap">
        <Text size="xs" c="dimmed">
          −{WINDOW_S} s
        </Text>
        <Text size="xs" c="dimmed">
          <Text span inherit visibleFrom="sm">
            longest of each moment; below:{" "}
          </Text>
          <Swatch of="--live-clamp" /> clamped <Swatch of="--live-reject" /> rejected
        </Text>
        <Text size="xs" c="dimmed">
          now
        </Text>
      </Group>
      {cycle === null ? null : <StageBar stages={stagesOf(cycle)} deadline={deadline ?? cycle.latency_ms.total} />}
    </Panel>
  );
}

function Swatch({ of }: { of: string }) {
  return (
    <span
      aria-hidden
      style={{ display: "inline-block", width: 8, height: 8, background: `var(${of})`, borderRadius: 2 }}
    />
  );
}

function Figures({ cycle, deadline }: { cycle: Cycle | null; deadline: number | undefined }) {
  if (cycle === null) return null;
  const total = cycle.latency_ms.total;
  const slack = cycle.perf?.slack_ms ?? (deadline === undefined ? undefined : deadline - total);
  const isOver = slack !== undefined && slack < 0;
  return (
    <Text size="sm" component="div">
      <b>{total.toFixed(2)}</b> ms of {deadline === undefined ? "?" : deadline.toFixed(1)}, slack{" "}
      <Text span inherit fw={700} c={isOver ? "red" : undefined}>
        {slack === undefined ? "?" : slack.toFixed(2).replace("-", "−")}
      </Text>{" "}
      ms
    </Text>
  );
}

export function stagesOf(cycle: Pick<Cycle, "perf" | "latency_ms">): Stages {
  if (cycle.perf !== undefined) return cycle.perf.stages;
  const { obs, policy, validate, sink, total } = cycle.latency_ms;
  return { source: obs, policy, guards: validate, sink, total };
}

/** Where the time of a cycle went, as parts of its deadline. */
export function StageBar({ stages, deadline }: { stages: Stages; deadline: number }) {
  const whole = Math.max(deadline, stages.total, 1e-6);
  return (
    <Box mt="xs">
      <Box style={{ display: "flex", height: 8, background: "var(--live-track)", borderRadius: 2 }} aria-hidden>
        {STAGES.map(({ key }, place) => (
          <div
            key={key}
            style={{ width: `${(100 * stages[key]) / whole}%`, background: `var(--live-stage-${place})` }}
          />
        ))}
      </Box>
      <Group gap="sm" mt={2}>
        {STAGES.map(({ key, title }, place) => (
          <Text key={key} size="xs">
            <Swatch of={`--live-stage-${place}`} /> {title} {stages[key].toFixed(2)} ms
          </Text>
        ))}
      </Group>
    </Box>
  );
}
