import { Box, Group, Paper, Title } from "@mantine/core";
import { type ReactNode, useId } from "react";
import classes from "./panel.module.css";

type Props = { title?: string; actions?: ReactNode; children: ReactNode; flush?: boolean };

/** A part of a page with a heading of its own; `flush` lets tables reach its border. */
export function Panel({ title, actions, children, flush = false }: Props) {
  const id = useId();
  return (
    <Paper component="section" withBorder aria-labelledby={title === undefined ? undefined : id}>
      {title === undefined ? null : (
        <Group
          justify="space-between"
          px="sm"
          py={7}
          style={{ borderBottom: "1px solid var(--mantine-color-default-border)" }}
        >
          <Title order={2} size="h3" id={id}>
            {title}
          </Title>
          {actions}
        </Group>
      )}
      <Box p={flush ? 0 : "sm"} className={flush ? classes.flush : undefined}>
        {children}
      </Box>
    </Paper>
  );
}
