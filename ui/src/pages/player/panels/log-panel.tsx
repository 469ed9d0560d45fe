import { Text } from "@mantine/core";
import { keepPreviousData, queryOptions, useQuery } from "@tanstack/react-query";
import { answered, api, type Model } from "~/api/client";
import { clock } from "~/format/time";
import { Answer } from "~/parts/answer";
import { type LogTopic, levelOf } from "../model/suited";
import { useCalmCursor, usePlaying } from "../playing";
import { PanelFrame } from "./frame";
import classes from "./panels.module.css";

// Windows of so many seconds are read, each once; the one before is shown too.
const WINDOW_S = 10;
const MOST_LINES = 200;

const logQuery = (recording: Model<"Recording">, topic: string, window: number) =>
  queryOptions({
    queryKey: ["recording-contents", recording.session_id, recording.sha256, "log", topic, window],
    staleTime: Number.POSITIVE_INFINITY,
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) => {
      const path = { session_id: recording.session_id };
      const start = Math.max(0, (window - 1) * WINDOW_S);
      const query = { topic, start, end: (window + 1) * WINDOW_S, limit: MOST_LINES };
      return answered(api.GET("/api/sessions/{session_id}/messages", { params: { path, query }, signal }));
    },
  });

/** What was logged around the cursor. */
export function LogPanel({ topics }: { topics: LogTopic[] }) {
  return (
    <PanelFrame name="log" title="Log">
      {topics.map((topic) => (
        <LogLines key={topic.topic} topic={topic} />
      ))}
    </PanelFrame>
  );
}

function LogLines({ topic }: { topic: LogTopic }) {
  const { recording, player } = usePlaying();
  const cursor = useCalmCursor(200);
  const query = useQuery(logQuery(recording, topic.topic, Math.floor(cursor / WINDOW_S)));
  return (
    <Answer query={query}>
      {({ items, next_start }) => {
        const now = items.findLastIndex((item) => item.time_s <= cursor + 1e-6);
        return (
          <div className={classes.log}>
            {items.length === 0 ? (
              <Text size="xs" c="dimmed">
                Nothing on {topic.topic} near the cursor.
              </Text>
            ) : null}
            {items.map((item, index) => (
              <button
                key={index}
                type="button"
                className={classes.line}
                data-level={levelOf(topic.scale, numberIn(item.message, "level"))}
                data-now={index === now}
                onClick={() => player.seek(item.time_s)}
              >
                <span className={classes.when}>{clock(item.time_s, 2)}</span>
                <span>
                  {levelOf(topic.scale, numberIn(item.message, "level")).toUpperCase()} {textIn(item.message, "name")}{" "}
                  {item.problem ?? textIn(item.message, "msg") ?? textIn(item.message, "message")}
                </span>
              </button>
            ))}
            {next_start == null ? null : (
              <Text size="xs" c="dimmed">
                More was logged than is shown here; the messages panel has every line.
              </Text>
            )}
          </div>
        );
      }}
    </Answer>
  );
}

function fieldIn(message: unknown, name: string): unknown {
  return typeof message === "object" && message !== null ? (message as Record<string, unknown>)[name] : undefined;
}

function textIn(message: unknown, name: string): string | undefined {
  const value = fieldIn(message, name);
  return typeof value === "string" ? value : undefined;
}

function numberIn(message: unknown, name: string): number {
  const value = fieldIn(message, name);
  return typeof value === "number" ? value : 0;
}
