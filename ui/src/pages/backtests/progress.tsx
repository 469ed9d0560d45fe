import { Group, Progress, Text } from "@mantine/core";
import { count, plural } from "~/format/numbers";
import { Mark } from "~/parts/marks";
import type { Backtest } from "./queries";

export function isOver(one: Backtest): boolean {
  return one.state === "done" || one.state === "cancelled";
}

/** How far a backtest is and what it found; it grows while one looks, and goes on when nobody does. */
export function HowFar({ backtest: one }: { backtest: Backtest }) {
  return (
    <div>
      <Group gap="xs">
        <Mark of={one.state} />
        <Text size="sm">
          {count(one.completed)} of {plural(one.total, "recording")}
          {one.failed === 0 ? "" : `, ${count(one.failed)} could not be read`},{" "}
          <b>{one.firings === 0 ? "nothing fired" : plural(one.firings, "firing")}</b>
        </Text>
      </Group>
      {isOver(one) ? null : (
        <Progress
          mt={4}
          size="sm"
          value={(100 * one.completed) / Math.max(1, one.total)}
          aria-label="How many recordings are through"
        />
      )}
    </div>
  );
}

/** What a backtest is called: as somebody named it, else by its rules. */
export function nameOf(one: Backtest): string {
  return one.name || one.rules.join(", ");
}
