import { ActionIcon, Group, Select, Text, Tooltip } from "@mantine/core";
import { IconChevronLeft, IconChevronRight } from "@tabler/icons-react";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { answered, api, asProblem } from "~/api/client";
import { bytes } from "~/format/numbers";
import { clock } from "~/format/time";
import { Answer } from "~/parts/answer";
import { Decoders } from "../mcap/decoding";
import type { Beyond, Found, RecordingFile } from "../mcap/recording-file";
import { momentOf, nsAt, secondsAfter } from "../model/times";
import { useCalmCursor, usePlaying } from "../playing";
import { useFile } from "../use-file";
import { usePlace } from "../use-place";
import { useStep } from "../use-step";
import { PanelFrame } from "./frame";
import { MessageTree } from "./message-tree";

type Looked = { found: Found | Beyond; message: unknown; problem: string | null };

/** The message at the cursor as it stands in the file; only what it needs of the file is read. */
export function MessagesPanel({ onPlot }: { onPlot: (field: string) => void }) {
  const { recording } = usePlaying();
  const { choose } = usePlace();
  const { step, topic } = useStep();
  const file = useFile();
  const actions = (
    <>
      <Tooltip label="Previous message (←)">
        <ActionIcon size="sm" onClick={() => step(-1)} aria-label="Previous message of this topic">
          <IconChevronLeft size={15} />
        </ActionIcon>
      </Tooltip>
      <Tooltip label="Next message (→)">
        <ActionIcon size="sm" onClick={() => step(1)} aria-label="Next message of this topic">
          <IconChevronRight size={15} />
        </ActionIcon>
      </Tooltip>
    </>
  );
  return (
    <PanelFrame name="messages" title="Message at the cursor" actions={actions}>
      <Select
        data={recording.topics}
        value={topic ?? null}
        onChange={(chosen) => choose({ topic: chosen ?? undefined, turned: undefined })}
        searchable
        allowDeselect={false}
        aria-label="Topic"
        mb={6}
      />
      {file.isError ? (
        <HubsMessage topic={topic} reason={asProblem(file.error).detail} onPlot={onPlot} />
      ) : (
        <Answer query={file}>
          {({ file: opened }) =>
            topic === undefined ? null : <FilesMessage file={opened} topic={topic} onPlot={onPlot} />
          }
        </Answer>
      )}
    </PanelFrame>
  );
}

type FilesProps = { file: RecordingFile; topic: string; onPlot: (field: string) => void };

function FilesMessage({ file, topic, onPlot }: FilesProps) {
  const { recording, startNs } = usePlaying();
  const cursor = useCalmCursor(100);
  const decoders = useMemo(() => new Decoders(), []);
  const query = useQuery({
    queryKey: ["recording-file", recording.session_id, recording.sha256, "message", topic, cursor],
    gcTime: 5_000,
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
    placeholderData: keepPreviousData,
    queryFn: async (): Promise<Looked | null> => {
      // A link holds microseconds: what stands there within one was meant.
      const found = await file.lastUntil(topic, nsAt(startNs, cursor) + 1_000n);
      if (found === null) return null;
      const told = { found, message: undefined, problem: null };
      if (!("data" in found)) return { ...told, problem: beyond(found) };
      return decoders.decode(found.channel, found.schema, found.data).then(
        (message) => ({ ...told, message }),
        (error) => ({ ...told, problem: asProblem(error).detail }),
      );
    },
  });
  if (query.isError && query.data === undefined) {
    return <HubsMessage topic={topic} reason={asProblem(query.error).detail} onPlot={onPlot} />;
  }
  return (
    <Answer query={query}>
      {(looked) =>
        looked === null || looked.found.channel.topic !== topic ? (
          <Text size="sm" c="dimmed">
            Nothing on {topic} until here.
          </Text>
        ) : (
          <>
            <MessageHead found={looked.found} transferred={file.source.transferred} size={recording.size_bytes} />
            {looked.problem === null ? (
              <MessageTree topic={topic} message={looked.message} onPlot={onPlot} />
            ) : (
              <HubsMessage
                topic={topic}
                reason={looked.problem}
                at={secondsAfter(startNs, looked.found.logTime)}
                onPlot={onPlot}
              />
            )}
          </>
        )
      }
    </Answer>
  );
}

function beyond({ chunkBytes }: Beyond): string {
  return `This message is packed with others into ${bytes(chunkBytes)}, more than is fetched for a look.`;
}

type HeadProps = { found: Found | Beyond; transferred: number; size: number };

function MessageHead({ found, transferred, size }: HeadProps) {
  const { startNs } = usePlaying();
  const isHere = "data" in found;
  const late = isHere
    ? `, ${(secondsAfter(found.publishTime, found.logTime) * 1e3).toFixed(1)} ms after it was published`
    : "";
  return (
    <Group gap="xs" mb={4}>
      <Tooltip label={`Logged ${momentOf(found.logTime)}${late}`}>
        <Text size="xs" ff="monospace" data-testid="message time">
          {clock(secondsAfter(startNs, found.logTime), 6)}
        </Text>
      </Tooltip>
      <Text size="xs" c="dimmed">
        {(isHere ? found.schema?.name : undefined) ?? found.channel.messageEncoding}
        {isHere ? ` · ${bytes(found.data.length)}` : ""}
      </Text>
      <Tooltip label="What this page has read of the file so far">
        <Text size="xs" c="dimmed" data-testid="transferred" data-bytes={transferred}>
          read {bytes(transferred)} of {bytes(size)}
        </Text>
      </Tooltip>
    </Group>
  );
}

type HubsProps = { topic: string | undefined; reason: string; at?: number; onPlot: (field: string) => void };

/** What the hub makes of a message that this page cannot take apart. */
function HubsMessage({ topic, reason, at, onPlot }: HubsProps) {
  const { recording } = usePlaying();
  const cursor = useCalmCursor(300);
  const time = at ?? cursor;
  const query = useQuery({
    queryKey: ["recording-contents", recording.session_id, recording.sha256, "message", topic, time],
    enabled: topic !== undefined,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 5_000,
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) => {
      const params = {
        path: { session_id: recording.session_id },
        // The recording's start is told to the microsecond, and a message is not to be passed by for less.
        query: { topic: topic ?? "", start: at === undefined ? time : Math.max(0, time - 1e-6), limit: 1 },
      };
      return answered(api.GET("/api/sessions/{session_id}/messages", { params, signal }));
    },
  });
  return (
    <>
      <Text size="xs" mb={4} role="note">
        {reason} This is how the hub reads {at === undefined ? "the message at or after the cursor" : "it"}:
      </Text>
      <Answer query={query}>
        {({ items: [item] }) =>
          item === undefined ? (
            <Text size="sm" c="dimmed">
              Nothing on {topic} from here on.
            </Text>
          ) : item.problem == null ? (
            <MessageTree topic={topic ?? ""} message={item.message} onPlot={onPlot} />
          ) : (
            <Text size="sm">{item.problem}</Text>
          )
        }
      </Answer>
    </>
  );
}
