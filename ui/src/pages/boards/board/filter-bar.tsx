import { Button, Group, SegmentedControl, Select, Text, TextInput } from "@mantine/core";
import { useDebouncedCallback, useHotkeys } from "@mantine/hooks";
import { IconPlus, IconSearch } from "@tabler/icons-react";
import { useEffect, useRef, useState } from "react";
import { plural } from "~/format/numbers";
import { ActButton } from "../act-button";
import { type Filters, isNarrowed, PRIORITIES } from "../model/lanes";
import { NewTask } from "../task/new-task";
import { useAssignees } from "../task/use-assignees";
import { useUrl } from "../use-url";
import { useOnBoard } from "./on-board";

const NONE = { q: undefined, assigned: undefined, tag: undefined, priority: undefined, blocked: undefined };

/** What narrows the lanes, all of it in the URL; and the way to a new task. */
export function FilterBar({ filters, shown }: { filters: Filters; shown: number }) {
  const { snapshot, toWrite } = useOnBoard();
  const [isMaking, setIsMaking] = useState(false);
  const url = useUrl();
  const assignees = useAssignees();
  useHotkeys([["n", () => toWrite === null && setIsMaking(true)]]);
  return (
    <Group gap="xs" mb="sm" align="flex-end">
      <Words value={filters.q ?? ""} change={(q) => url({ q })} />
      <Select
        aria-label="Who has it"
        placeholder="Anybody"
        w={150}
        clearable
        searchable
        value={filters.assigned ?? null}
        onChange={(assigned) => url({ assigned: assigned ?? undefined })}
        data={[{ value: "me", label: "Me" }, { value: "none", label: "Nobody" }, ...assignees]}
      />
      <Select
        aria-label="Priority"
        placeholder="Any priority"
        w={125}
        clearable
        value={filters.priority ?? null}
        onChange={(priority) => url({ priority: priority ?? undefined })}
        data={PRIORITIES}
      />
      <Select
        aria-label="Tag"
        placeholder="Any tag"
        w={130}
        clearable
        searchable
        value={filters.tag ?? null}
        onChange={(tag) => url({ tag: tag ?? undefined })}
        data={snapshot.tags.map((tag) => ({ value: tag.id, label: tag.name }))}
      />
      <SegmentedControl
        aria-label="Blocked or not"
        value={filters.blocked === undefined ? "" : String(filters.blocked)}
        onChange={(value) => url({ blocked: value === "" ? undefined : value === "true" })}
        data={[
          { value: "", label: "All" },
          { value: "true", label: "Blocked" },
          { value: "false", label: "Free" },
        ]}
      />
      {isNarrowed(filters) ? (
        <>
          <Button variant="subtle" onClick={() => url({ ...NONE, incident: undefined })}>
            Clear
          </Button>
          <Text size="xs" c="dimmed" role="status">
            {plural(shown, "task")}
          </Text>
        </>
      ) : null}
      <ActButton
        ml="auto"
        hint="Key N"
        refusal={toWrite}
        leftSection={<IconPlus size={15} />}
        onAct={() => setIsMaking(true)}
      >
        New task
      </ActButton>
      {isMaking ? <NewTask close={() => setIsMaking(false)} /> : null}
    </Group>
  );
}

const TYPING_MS = 250;

function Words({ value, change }: { value: string; change: (value: string | undefined) => void }) {
  const [typed, setTyped] = useState(value);
  const sent = useRef(value);
  const send = useDebouncedCallback((next: string) => {
    sent.current = next;
    change(next === "" ? undefined : next);
  }, TYPING_MS);
  // Going back in the history changes what is searched for as well; one's own typing comes back later and is no news.
  useEffect(() => {
    if (value !== sent.current) setTyped(value);
    sent.current = value;
  }, [value]);
  return (
    <TextInput
      aria-label="Search tasks"
      placeholder="Search tasks"
      leftSection={<IconSearch size={14} />}
      w={190}
      value={typed}
      onChange={(event) => {
        setTyped(event.currentTarget.value);
        send(event.currentTarget.value);
      }}
    />
  );
}
