import { Box, Group, Text, Title } from "@mantine/core";
import { useDocumentTitle } from "@mantine/hooks";
import type { ReactNode } from "react";
import { PageLink } from "./link";

type Props = {
  title: string;
  /** Beside the title: badges and the like. */
  marks?: ReactNode;
  /** At the end of the line: buttons. */
  actions?: ReactNode;
  /** The page above this one. */
  up?: { to: string; title: string; search?: object };
  children: ReactNode;
};

/** The head every page has, and its place in the document's title. */
export function Page({ title, marks, actions, up, children }: Props) {
  useDocumentTitle(`${title} · Pilothouse`);
  return (
    <Box px={{ base: "sm", sm: "lg" }} py="md">
      {up === undefined ? null : (
        <Text size="xs" c="dimmed" mb={2}>
          <PageLink to={up.to} search={(up.search ?? {}) as never} inherit>
            {up.title}
          </PageLink>
          {" /"}
        </Text>
      )}
      <Group justify="space-between" gap="sm" mb="md">
        <Group gap="sm" miw={0}>
          <Title order={1}>{title}</Title>
          {marks}
        </Group>
        {actions === undefined ? null : <Group gap="xs">{actions}</Group>}
      </Group>
      {children}
    </Box>
  );
}
