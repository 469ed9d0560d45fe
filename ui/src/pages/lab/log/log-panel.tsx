import { ActionIcon, Button, CloseButton, Group, Text, TextInput, Tooltip } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { IconArrowBarToDown, IconArrowDown, IconArrowUp, IconBug, IconDownload, IconSearch } from "@tabler/icons-react";
import { useEffect, useMemo, useRef, useState } from "react";
import { bytes, count, plural } from "~/format/numbers";
import { usePageKeys } from "~/parts/use-page-keys";
import { useWords } from "~/parts/use-words";
import type { LabCommand } from "../queries";
import { hasEnded, outcomeOf } from "../words";
import { nextOf } from "./log-search";
import { LogView, type LogViewHandle } from "./log-view";
import classes from "./log-view.module.css";
import { type Found, type Log, outputPath, useFound, useLog } from "./use-log";

type Props = {
  command: LabCommand;
  find: string;
  place: Place;
  onFind: (find: string) => void;
  onPlace: (place: Partial<Place>) => void;
};

/** Where in a log somebody is: at a line they chose, where they scrolled to, or with what comes. */
type Place = { line: number | undefined; at: number | undefined; follow: boolean | undefined };

/** The log of a command: live, searched, with jumps to what failed. Lines are counted from 0 here, from 1 in the URL. */
export function LogPanel({ command, find, place, onFind, onPlace }: Props) {
  const log = useLog(command.session_id, command.id);
  const found = useFound(log, find);
  const handle = useRef<LogViewHandle>(null);
  const input = useRef<HTMLInputElement>(null);
  const { line } = place;
  // What was followed while it came is followed to its end.
  const [wasRunning] = useState(!hasEnded(command));
  const follow = place.follow ?? (wasRunning && line === undefined && place.at === undefined);
  // Whoever opens the address later, when it is over, sees the same end.
  const isToBeKept = wasRunning && follow && place.follow === undefined && hasEnded(command);
  // biome-ignore lint/correctness/useExhaustiveDependencies: told once, when it ends
  useEffect(() => {
    if (isToBeKept) onPlace({ follow: true });
  }, [isToBeKept]);
  const failures = useFailures(log);
  const arriving = useArrival(log, follow ? undefined : (place.at ?? line), handle);

  const stay = () => onPlace({ line, at: handle.current?.place() });
  const rests = useDebouncedCallback(stay, SETTLED_MS);
  const go = (to: Partial<Place>) => {
    arriving.current = false;
    rests.cancel();
    onPlace(to);
  };
  const goTo = (to: number | undefined) => {
    if (to === undefined) return;
    go({ line: to });
    handle.current?.goTo(to);
  };
  const jump = (places: readonly number[], direction: 1 | -1) =>
    goTo(nextOf(places, line ?? (direction === 1 ? -1 : Number.POSITIVE_INFINITY), direction));
  const toEnd = () => go({ follow: true });
  const scrolled = (to: "away" | "end" | "elsewhere") => {
    arriving.current = false;
    if (to === "elsewhere") rests();
    else if (to === "end") toEnd();
    else go({ line, at: handle.current?.place() });
  };
  usePageKeys([
    ["f", () => jump(failures, 1)],
    ["shift+f", () => jump(failures, -1)],
    ["g", () => goTo(0)],
    ["shift+g", toEnd],
    ["mod+shift+f", () => input.current?.focus()],
  ]);
  return (
    <div className={classes.box}>
      <div className={classes.bar}>
        <Find
          find={find}
          onFind={onFind}
          found={found}
          line={line}
          jump={(way) => jump(found.hits, way)}
          input={input}
        />
        <Tooltip label={failures.length === 0 ? "No line says failure" : "The next line that says failure (F)"}>
          <Button
            variant="default"
            leftSection={<IconBug size={15} />}
            onClick={() => jump(failures, 1)}
            data-disabled={failures.length === 0 || undefined}
            aria-disabled={failures.length === 0}
          >
            Failure{failures.length === 0 ? "" : ` ${positionOf(failures, line)}${count(failures.length)}`}
          </Button>
        </Tooltip>
        <Tooltip label="Follow what comes (Shift G)">
          <Button
            variant={follow ? "light" : "default"}
            aria-pressed={follow}
            leftSection={<IconArrowBarToDown size={15} />}
            onClick={() => (follow ? go({ line, at: handle.current?.place() }) : toEnd())}
          >
            {hasEnded(command) ? "End" : "Follow"}
          </Button>
        </Tooltip>
        <Tooltip label="Download the log">
          <ActionIcon
            component="a"
            href={outputPath(command.session_id, command.id)}
            download={`${command.session_id}-${command.sequence}.log`}
            aria-label="Download the log"
            ml="auto"
          >
            <IconDownload size={17} />
          </ActionIcon>
        </Tooltip>
      </div>
      <LogView
        log={log}
        find={find}
        failures={useMemo(() => new Set(failures), [failures])}
        current={line}
        onPick={(picked) => go(picked === line ? { at: handle.current?.place() } : { line: picked })}
        follow={follow}
        onScrolled={scrolled}
        handle={handle}
      />
      <Foot log={log} command={command} />
    </div>
  );
}

// Nobody wants each step of the wheel in the address.
const SETTLED_MS = 300;

// A line is shown with what comes behind it.
const LINES_BEHIND = 100;

// What was just heard is drawn, and the view measured, in the next frames: only then does a place stay.
const FRAMES_TO_ARRIVE = 4;

/** Goes to the line of the URL as soon as the log is that long, unless somebody goes elsewhere before: see the answer. */
function useArrival(
  { feed }: Log,
  line: number | undefined,
  handle: { current: LogViewHandle | null },
): { current: boolean } {
  const arriving = useRef(line !== undefined);
  const wanted = useRef(line);
  useEffect(() => {
    const arrive = (place: number, frames: number) => {
      if (!arriving.current) return;
      handle.current?.goTo(place);
      if (frames > 0) requestAnimationFrame(() => arrive(place, frames - 1));
    };
    const look = () => {
      const place = wanted.current;
      const { pages, state } = feed;
      if (place === undefined || pages.lineCount <= place) return;
      arrive(place, FRAMES_TO_ARRIVE);
      if (pages.lineCount > place + LINES_BEHIND || state === "ended") wanted.current = undefined;
    };
    look();
    return feed.subscribe(look);
  }, [feed, handle]);
  return arriving;
}

function useFailures(log: Log): readonly number[] {
  const before = useRef<readonly number[]>([]);
  const now = log.feed.pages.allFailures();
  // The same list as long as nothing was added: what is drawn from it stays as it is.
  if (now.length !== before.current.length || now.at(-1) !== before.current.at(-1)) before.current = now;
  return before.current;
}

function positionOf(places: readonly number[], line: number | undefined): string {
  const at = line === undefined ? -1 : places.indexOf(line);
  return at < 0 ? "" : `${count(at + 1)} of `;
}

type FindProps = Pick<Props, "find" | "onFind"> & {
  line: number | undefined;
  found: Found;
  jump: (direction: 1 | -1) => void;
  input: { current: HTMLInputElement | null };
};

function Find({ find, onFind, found, line, jump, input }: FindProps) {
  const [text, type] = useWords(find, (words) => onFind(words ?? ""));
  const clear = () => {
    type("");
    onFind("");
  };
  return (
    <Group gap={4} wrap="nowrap">
      <TextInput
        ref={input}
        aria-label="Find in the log"
        placeholder="Find"
        w={{ base: 130, sm: 210 }}
        leftSection={<IconSearch size={14} />}
        rightSection={text === "" ? null : <CloseButton size="xs" aria-label="Find nothing" onClick={clear} />}
        value={text}
        onChange={(event) => type(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === "Enter") jump(event.shiftKey ? -1 : 1);
          if (event.key === "Escape") clear();
        }}
      />
      {find === "" ? null : (
        <>
          <Text size="xs" role="status" miw={46}>
            {found.hits.length === 0
              ? found.isSearching
                ? "looking"
                : "nowhere"
              : `${positionOf(found.hits, line)}${count(found.hits.length)}${found.isFull || found.isSearching ? "+" : ""}`}
          </Text>
          <ActionIcon aria-label="Found before (Shift Enter)" onClick={() => jump(-1)}>
            <IconArrowUp size={16} />
          </ActionIcon>
          <ActionIcon aria-label="Found next (Enter)" onClick={() => jump(1)}>
            <IconArrowDown size={16} />
          </ActionIcon>
        </>
      )}
    </Group>
  );
}

function Foot({ log, command }: { log: Log; command: LabCommand }) {
  const { feed } = log;
  const { pages, state } = feed;
  const states = {
    connecting: "asking for it",
    live: "live",
    lost: "the connection is lost; it is taken up again",
    ended: outcomeOf(command),
    refused: "you may not watch this any more",
  };
  const size = Math.max(command.output?.end ?? 0, pages.end);
  return (
    <Group justify="space-between" px={8} py={4} gap="xs">
      <Text size="xs" c={state === "lost" || state === "refused" ? "orange" : "dimmed"} role="status">
        {states[state]}
      </Text>
      <Text size="xs" c="dimmed">
        {plural(pages.lineCount, "line")}, {pages.end < size ? `${bytes(pages.end)} of ${bytes(size)}` : bytes(size)}
        {(command.output?.dropped_bytes ?? 0) > 0 ? `, ${bytes(command.output?.dropped_bytes ?? 0)} not kept` : ""}
      </Text>
    </Group>
  );
}
