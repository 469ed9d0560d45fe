import { Button, Group, SegmentedControl, Select, Text } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { plural } from "~/format/numbers";
import { ActButton } from "~/parts/act-button";
import { usePageKeys } from "~/parts/use-page-keys";
import { useUrl } from "~/parts/use-url";
import { Words } from "~/parts/words";
import { type Filters, isNarrowed, PRIORITIES } from "../model/lanes";
import { AssigneeSelect } from "../task/assignee-select";
import { NewTask } from "../task/new-task";
import { useOnBoard } from "./on-board";

const ME_OR_NOBODY = [
  { value: "me", label: "Me" },
  { value: "none", label: "Nobody" },
];
const NONE = { q: undefined, assigned: undefined, tag: undefined, priority: undefined, blocked: undefined };

/** What narrows the lanes, all of it in the URL; and the way to a new task. */
export function FilterBar({ filters, shown, isMaking }: { filters: Filters; shown: number; isMaking: boolean }) {
  const { snapshot, toWrite } = useOnBoard();
  const url = useUrl();
  const make = () => url({ make: true }, "opens");
  usePageKeys([["n", () => toWrite === null && make()]]);
  return (
    <Group gap="xs" mb="sm" align="flex-end">
      <Words label="Search tasks" value={filters.q} onChange={(q) => url({ q })} w={190} />
      <AssigneeSelect
        aria-label="Who has it"
        placeholder="Anybody"
        w={150}
        value={filters.assigned ?? null}
        onChange={(assigned) => url({ assigned: assigned ?? undefined })}
        others={ME_OR_NOBODY}
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
      <ActButton ml="auto" hint="Key N" refusal={toWrite} leftSection={<IconPlus size={15} />} onAct={make}>
        New task
      </ActButton>
      {isMaking ? <NewTask close={() => url({ make: undefined }, "closes")} /> : null}
    </Group>
  );
}
