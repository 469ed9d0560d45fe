import { Button, Chip, Group } from "@mantine/core";
import { IconFilter, IconX } from "@tabler/icons-react";
import { DayField } from "~/parts/day-field";
import { Words } from "~/parts/words";
import { type Filters, filtersOf, isNarrowed, NO_FILTERS, type RecordingSearch } from "./search";

type Props = { search: RecordingSearch; onChange: (change: Filters) => void; onNarrow: () => void };

/** Words, days and the two questions that are asked most; what was chosen among the facets is named and taken back. */
export function FilterBar({ search, onChange, onNarrow }: Props) {
  return (
    <Group gap="xs" mb="xs" role="search" aria-label="Narrow the list">
      <Words
        label="Search recordings"
        placeholder="Id, label, rule, robot, topic, annotation"
        w={{ base: "100%", sm: 280 }}
        value={search.q}
        onChange={(q) => onChange({ q })}
      />
      <DayField end="from" visibleFrom="sm" value={search.since} onChange={(since) => onChange({ since })} />
      <DayField end="to" visibleFrom="sm" w={156} value={search.until} onChange={(until) => onChange({ until })} />
      <Chip
        size="xs"
        radius="sm"
        variant="light"
        checked={search.annotated === true}
        onChange={(is) => onChange({ annotated: is || undefined })}
      >
        Annotated
      </Chip>
      <Chip
        size="xs"
        radius="sm"
        variant="light"
        checked={search.pinned === true}
        onChange={(is) => onChange({ pinned: is || undefined })}
      >
        Pinned
      </Chip>
      <Button variant="default" leftSection={<IconFilter size={14} />} hiddenFrom="md" onClick={onNarrow}>
        Narrow
      </Button>
      <Chosen search={search} onChange={onChange} />
      {isNarrowed(search) ? (
        <Button variant="subtle" onClick={() => onChange(NO_FILTERS)}>
          Show all
        </Button>
      ) : null}
    </Group>
  );
}

const NAMED = ["robot", "label", "trigger", "reason", "state", "topic", "site", "incident"] as const;

const title = (name: (typeof NAMED)[number]) => (name === "trigger" ? "rule" : name);

function Chosen({ search, onChange }: Pick<Props, "search" | "onChange">) {
  const filters = filtersOf(search);
  return (
    <>
      {NAMED.filter((name) => filters[name] !== undefined).map((name) => (
        <Button
          key={name}
          size="compact-xs"
          variant="light"
          maw={260}
          rightSection={<IconX size={12} />}
          aria-label={`Any ${title(name)} again`}
          title={`${title(name)}: ${filters[name]}`}
          onClick={() => onChange({ [name]: undefined })}
        >
          {title(name)}: {filters[name]}
        </Button>
      ))}
    </>
  );
}
