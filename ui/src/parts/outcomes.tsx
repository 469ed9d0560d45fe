import { Box, Progress, Text } from "@mantine/core";
import { Mark } from "~/parts/marks";
import { type Outcome, tally } from "./each";

/** How it went with each, as it goes; those that failed first. */
export function Outcomes({ outcomes }: { outcomes: Outcome[] }) {
  const order = { failed: 0, waiting: 1, done: 2 };
  const sorted = outcomes.toSorted((one, other) => order[one.state] - order[other.state]);
  const over = outcomes.filter((one) => one.state !== "waiting").length;
  return (
    <Box role="status" aria-live="polite">
      <Text size="sm" fw={600}>
        {tally(outcomes)}
      </Text>
      <Progress
        value={(100 * over) / Math.max(1, outcomes.length)}
        size="sm"
        my={6}
        aria-label="How many are through"
      />
      <Box mah={220} style={{ overflowY: "auto" }} tabIndex={0} role="group" aria-label="How it went with each">
        {sorted.map(({ id, state, words }) => (
          <Box key={id} py={3}>
            <Mark of={state} />{" "}
            <Text component="span" size="sm">
              {id}
            </Text>{" "}
            <Text component="span" size="xs" c="dimmed">
              {words}
            </Text>
          </Box>
        ))}
      </Box>
    </Box>
  );
}
