import { Stack, Text, Title } from "@mantine/core";
import type { ReactNode } from "react";

/** What a page says while there is nothing to show: why, and what to do about it. */
export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <Stack align="center" gap="xs" py={48} px="md" ta="center" role="status">
      <Title order={2} c="dimmed" fw={500}>
        {title}
      </Title>
      {children === undefined ? null : (
        <Text component="div" size="sm" c="dimmed" maw={520}>
          {children}
        </Text>
      )}
    </Stack>
  );
}
