import { Box, Group, Text } from "@mantine/core";
import { useMemo } from "react";
import { Copy } from "~/parts/command";
import { countChanges, diffLines } from "../model/diff";
import classes from "./approvals.module.css";

// A browser draws so many lines at once without a pause; the text can be copied whole.
const MOST_LINES = 3_000;

/** A unified diff, line by line. */
export function DiffView({ name, text }: { name: string; text: string }) {
  const lines = useMemo(() => diffLines(text), [text]);
  const { added, removed } = countChanges(lines);
  return (
    <Box>
      <Group justify="space-between" mb={4}>
        <Text size="sm" fw={600} component="h4" m={0}>
          {name}
        </Text>
        <Group gap="xs">
          <Text size="xs">
            +{added} −{removed}
          </Text>
          <Copy text={text} label="Copy the diff" />
        </Group>
      </Group>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reachable by keyboard */}
      <section className={classes.diff} tabIndex={0} aria-label={`Diff ${name}`}>
        <code>
          {lines.slice(0, MOST_LINES).map((line, at) => (
            <span key={at} className={classes.line} data-kind={line.kind}>
              {line.text === "" ? " " : line.text}
            </span>
          ))}
        </code>
      </section>
      {lines.length > MOST_LINES ? (
        <Text size="xs" c="dimmed">
          {lines.length - MOST_LINES} more lines; copy the diff to read them.
        </Text>
      ) : null}
    </Box>
  );
}
