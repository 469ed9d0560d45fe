import { Alert, Button, Code, Text } from "@mantine/core";
import { IconPlugConnectedX, IconPointFilled } from "@tabler/icons-react";
import { PageLink } from "~/parts/link";
import { Moment } from "~/parts/moment";
import { useFeed, useLive } from "./feed/feed-context";
import { linkOf } from "./link-state";

/** How the way from the guard to this page is, and what to do when there is none. */
export function LinkNotice({ robotId }: { robotId: string }) {
  const feed = useFeed();
  const state = useLive();
  const link = linkOf(feed.socket, state, performance.now());
  // What an emergency is, and since when, is said where it can be left.
  if (link === "live" || (link === "quiet" && state.status?.state === "emergency")) return null;
  const words =
    link === "quiet" ? { ...WORDS.quiet, title: `The guard is ${state.status?.state ?? "quiet"}` } : WORDS[link];
  const isCalm = link === "connecting" || link === "waiting" || link === "quiet";
  return (
    <Alert
      mb="sm"
      color={isCalm ? "gray" : "yellow"}
      icon={isCalm ? <IconPointFilled /> : <IconPlugConnectedX />}
      title={<span role="status">{words.title}</span>}
      role="note"
    >
      <Text size="sm">
        {words.text}
        {state.cycle === null ? null : (
          <>
            {" "}
            What you see is as it was in its last cycle, <Moment at={new Date(state.cycle.timestamp * 1_000)} />.
          </>
        )}
      </Text>
      {link === "trouble" && state.relayDetail !== "" ? <Code block>{state.relayDetail}</Code> : null}
      {link === "refused" ? (
        <PageLink to="/login" search={{ next: `/robots/${encodeURIComponent(robotId)}/live` }}>
          Sign in
        </PageLink>
      ) : null}
      {link === "lost" ? (
        <Button variant="default" mt="xs" onClick={feed.wake}>
          Try now
        </Button>
      ) : null}
    </Alert>
  );
}

const WORDS: Record<Exclude<ReturnType<typeof linkOf>, "live">, { title: string; text: string }> = {
  connecting: { title: "Connecting to the hub", text: "" },
  lost: {
    title: "The stream is lost",
    text: "The hub cannot be reached, or does not let this browser watch. It is tried again by itself. The emergency stop is asked for on a way of its own: press it if you must, and see whether it is confirmed.",
  },
  refused: { title: "You may not watch any more", text: "What you were signed in with has ended, or its rights have." },
  waiting: {
    title: "Waiting for the robot",
    text: "It hears with its next heartbeat that somebody watches, and connects then: ten seconds, unless it is set otherwise. A robot whose recorder is off, or set to relay: off, never comes.",
  },
  gone: { title: "The robot has gone", text: "Its connection ended. It is asked again with its next heartbeat." },
  trouble: { title: "The robot is there, its guard is not", text: "Its recorder cannot reach a guard." },
  quiet: {
    title: "The guard makes no cycles",
    text: "It makes no cycles. It can be started or resumed here, if this robot lets the hub.",
  },
  stuck: {
    title: "No cycle has come for a while",
    text: "The guard says that it runs, and nothing of it arrives here.",
  },
};
