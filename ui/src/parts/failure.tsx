import { Alert, Button, Code, Group, Text } from "@mantine/core";
import { IconAlertTriangle, IconLock, IconPlugConnectedX } from "@tabler/icons-react";
import { useLocation } from "@tanstack/react-router";
import { asProblem } from "~/api/client";
import { PageLink } from "./link";

/** An error as the hub said it: its sentence, its code and the request's id, and what can be done here. */
export function Failure({ error, retry }: { error: unknown; retry?: () => void }) {
  const problem = asProblem(error);
  const href = useLocation({ select: (location) => location.href });
  const isClosed = problem.status === 401 || problem.status === 403;
  const title = TITLES[problem.status] ?? (problem.status >= 500 ? "The hub failed" : "This did not work");
  const icon = problem.isOffline ? <IconPlugConnectedX /> : isClosed ? <IconLock /> : <IconAlertTriangle />;
  return (
    <Alert role="alert" color={isClosed || problem.isOffline ? "yellow" : "red"} icon={icon} title={title} my="sm">
      <Text size="sm">{problem.detail}</Text>
      <Group mt="xs" gap="sm">
        {problem.status > 0 ? (
          <Text size="xs" component="span">
            <Code>{problem.code}</Code>
            {problem.requestId === null ? null : (
              <>
                {" "}
                request <Code>{problem.requestId}</Code>
              </>
            )}
          </Text>
        ) : null}
        {problem.status === 401 ? (
          <PageLink to="/login" search={{ next: href }} size="sm">
            Sign in
          </PageLink>
        ) : null}
        {retry === undefined ? null : (
          <Button variant="default" onClick={retry}>
            Try again
          </Button>
        )}
      </Group>
    </Alert>
  );
}

const TITLES: Record<number, string> = {
  0: "Offline",
  401: "Sign in to see this",
  403: "You may not see or do this",
  404: "Not found",
  409: "Somebody else was faster",
  429: "Too many requests",
};
