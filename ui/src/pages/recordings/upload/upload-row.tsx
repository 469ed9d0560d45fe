import { Box, Button, Group, Progress, Text } from "@mantine/core";
import { bytes } from "~/format/numbers";
import { span } from "~/format/time";
import { PageLink } from "~/parts/link";
import { type Upload, uploads } from "./uploads";

const WORDS: Record<Upload["state"], string> = {
  waiting: "waits for its turn",
  checking: "is checked",
  sending: "is sent",
  done: "is here",
  failed: "was not delivered",
  left: "was interrupted",
  stopped: "was stopped: what is here stays for some days",
};

export function UploadRow({ upload: one }: { upload: Upload }) {
  const isMoving = one.state === "checking" || one.state === "sending";
  return (
    <Box
      component="li"
      px="sm"
      py="sm"
      data-state={one.state}
      style={{ borderBottom: "1px solid var(--mantine-color-default-border)" }}
    >
      <Group justify="space-between" gap="sm" wrap="nowrap">
        <Text size="sm" fw={600} truncate>
          {one.name}
        </Text>
        <Text size="xs" c="dimmed" flex="none">
          {bytes(one.size)}
        </Text>
      </Group>
      <Progress
        value={100 * one.share}
        size="sm"
        my={6}
        color={one.state === "failed" ? "red" : one.state === "checking" ? "gray" : undefined}
        aria-label={`How far ${one.name} is`}
      />
      <Group justify="space-between" gap="sm" align="flex-start">
        <Text size="sm" c={one.state === "failed" ? "red" : "dimmed"} flex={1} miw={200}>
          {WORDS[one.state]}
          {isMoving || one.state === "left" ? `, ${Math.floor(100 * one.share)} %` : ""}
          {one.state === "sending" ? paceOf(one) : ""}
          {one.state === "left" ? ": choose the file again, and it goes on there" : ""}
          {one.words === undefined ? "" : `: ${one.words}`}
          {one.code === undefined || one.code === "unexpected" ? "" : ` [${one.code}]`}{" "}
          {one.state === "done" ? (
            <PageLink to="/recordings/$recordingId" params={{ recordingId: one.sessionId }} search={{}} inherit>
              {one.sessionId}
            </PageLink>
          ) : null}
        </Text>
        <Acts upload={one} isMoving={isMoving} />
      </Group>
    </Box>
  );
}

function Acts({ upload: one, isMoving }: { upload: Upload; isMoving: boolean }) {
  const all = uploads();
  const other = `${one.sessionId}-2`;
  return (
    <Group gap={6}>
      {one.state === "failed" && one.code === "content_differs" ? (
        <Button variant="default" onClick={() => all.again(one.key, other)}>
          Deliver as {other}
        </Button>
      ) : null}
      {one.state === "stopped" || (one.state === "failed" && one.code !== "content_differs") ? (
        <Button variant="default" onClick={() => all.again(one.key)}>
          Go on
        </Button>
      ) : null}
      {isMoving || one.state === "waiting" ? (
        <Button variant="default" onClick={() => all.stop(one.key)}>
          Stop
        </Button>
      ) : (
        <Button variant="subtle" color="gray" onClick={() => void all.discard(one.key)}>
          {one.state === "done" ? "Take off the list" : "Give up"}
        </Button>
      )}
    </Group>
  );
}

function paceOf({ pace, size, share }: Upload): string {
  if (pace === undefined || !(pace > 0)) return "";
  return `, ${bytes(pace)}/s, ${span((size * (1 - share)) / pace)} left`;
}
