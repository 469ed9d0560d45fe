import { ActionIcon, Box, Group, Paper, Title, Tooltip } from "@mantine/core";
import { IconX } from "@tabler/icons-react";
import { type ReactNode, useId } from "react";
import type { PanelName } from "../model/place";
import { usePanels } from "./use-panels";

type Props = { name: PanelName; title: string; actions?: ReactNode; children: ReactNode };

/** A panel beside the timeline; closing it is remembered in the URL. */
export function PanelFrame({ name, title, actions, children }: Props) {
  const id = useId();
  const { close } = usePanels();
  return (
    <Paper component="section" withBorder aria-labelledby={id} data-panel={name}>
      <Group justify="space-between" wrap="nowrap" px={8} py={3} gap="xs">
        <Title order={2} size="sm" id={id}>
          {title}
        </Title>
        <Group gap={2} wrap="nowrap" miw={0}>
          {actions}
          <Tooltip label="Close">
            <ActionIcon size="sm" onClick={() => close(name)} aria-label={`Close ${title}`}>
              <IconX size={14} />
            </ActionIcon>
          </Tooltip>
        </Group>
      </Group>
      <Box px={8} pb={8}>
        {children}
      </Box>
    </Paper>
  );
}
