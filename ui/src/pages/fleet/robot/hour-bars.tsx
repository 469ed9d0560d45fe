import { Box, Group, Text } from "@mantine/core";
import type { Model } from "~/api/client";
import { bytes, count } from "~/format/numbers";
import { absolute } from "~/format/time";
import { useNow } from "~/parts/moment";
import { type Bar, barsOf } from "./hours";

const HOURS = 48;

/** How many of the heartbeats that were due came, hour by hour. */
export function HourBars({ hours, intervalS }: { hours: Model<"HealthHour">[]; intervalS: number | null }) {
  const now = useNow();
  const bars = barsOf(hours, intervalS, HOURS, now);
  const heard = bars.filter((bar) => bar.heartbeats > 0).length;
  return (
    <Box my="sm">
      <Box
        role="img"
        aria-label={`Heartbeats of the last ${HOURS} hours: some in ${heard} of them`}
        style={{ display: "flex", alignItems: "flex-end", gap: 2, height: 36 }}
      >
        {bars.map((bar) => (
          <div
            key={bar.at}
            title={said(bar, now)}
            style={{
              flex: 1,
              height: bar.heartbeats === 0 ? 2 : `${Math.max(8, bar.part * 100)}%`,
              background:
                bar.heartbeats === 0 ? "var(--mantine-color-default-border)" : "var(--mantine-primary-color-filled)",
              opacity: bar.heartbeats === 0 || bar.part > 0.9 ? 1 : 0.55,
            }}
          />
        ))}
      </Box>
      <Group justify="space-between">
        <Text size="xs" c="dimmed">
          {HOURS} h ago
        </Text>
        <Text size="xs" c="dimmed">
          heartbeats per hour, of those due
        </Text>
        <Text size="xs" c="dimmed">
          now
        </Text>
      </Group>
    </Box>
  );
}

function said({ at, heartbeats, title }: Bar, now: Date): string {
  const disk = title?.least_disk_free_bytes;
  const depth = title?.most_outbox_depth;
  return [
    absolute(new Date(at), now),
    `${count(heartbeats)} heartbeats`,
    disk === null || disk === undefined ? "" : `at least ${bytes(disk)} free`,
    depth ? `at most ${count(depth)} waiting` : "",
  ]
    .filter(Boolean)
    .join(", ");
}
