import { Alert, Button, Group, Loader, Stack, Text } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { Model } from "~/api/client";
import { Command } from "~/parts/command";
import { PageButton } from "~/parts/link";
import { useEverything } from "~/parts/listed";
import { Moment } from "~/parts/moment";
import { useEvents } from "~/streams/live";
import { openEnrolments } from "../queries";

/** The code, shown this once, with what to type; and the robot as soon as it has come. */
export function GivenCode({ enrolment, onDone }: { enrolment: Model<"Enrolment">; onDone: () => void }) {
  const [enrolled, setEnrolled] = useState<string | null>(enrolment.robot_id);
  const open = useEverything(useInfiniteQuery(openEnrolments));
  const isListed = open.data?.items.some((one) => one.enrolment_id === enrolment.enrolment_id) ?? false;
  const [wasListed, setWasListed] = useState(false);
  // The list that is at hand may be older than the code.
  if (isListed && !wasListed) setWasListed(true);
  useEvents(["robot.enrolled"], (event) => {
    // A code for any robot is used up by whichever came: which code that was, the list of open ones tells.
    if (enrolment.robot_id === null || event.subject === enrolment.robot_id) setEnrolled(event.subject);
  });
  const isThere = wasListed && !isListed;
  return (
    <Stack gap="xs">
      <Text size="sm">
        Type this on the robot. The code is shown this once, lets one robot in, and is good until{" "}
        <Moment at={enrolment.expires_at} form="both" />.
      </Text>
      <Command text={enrolment.command} label="Copy the command" />
      <Text size="sm">Then run its recorder, which shows its new token by itself:</Text>
      <Command text="pilothouse recorder run --source foxglove:ws://127.0.0.1:8765" label="Copy the command" />
      {isThere && enrolled !== null ? (
        <Alert color="accent" title={`${enrolled} is in`} role="status">
          <PageButton to="/robots/$robotId" params={{ robotId: enrolled }} variant="light">
            Show {enrolled}
          </PageButton>
        </Alert>
      ) : (
        <Group gap="xs" role="status">
          <Loader size={14} />
          <Text size="sm">Waiting for the robot: this changes by itself as soon as it has come.</Text>
        </Group>
      )}
      <Button variant="default" w="fit-content" onClick={onDone}>
        Make another code
      </Button>
    </Stack>
  );
}
