import { Button, Chip, Group, Select, Switch } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { count } from "~/format/numbers";
import { DayField } from "~/parts/day-field";
import { Words } from "~/parts/words";
import { groups } from "./queries";
import { type IncidentSearch, isNarrowed, SEVERITIES, type Severity, STATES, type State } from "./search";

type Props = { search: IncidentSearch; onChange: (change: IncidentSearch) => void };

/** What the list is narrowed to; every choice is in the URL. */
export function IncidentFilters({ search, onChange }: Props) {
  const known = useQuery(groups).data;
  return (
    <Group gap="sm" mb="sm" role="search" aria-label="Narrow the list">
      <Words
        label="Words in the title"
        w={{ base: "100%", xs: 220 }}
        value={search.q}
        onChange={(q) => onChange({ q })}
      />
      <Choice label="Robot" value={search.robot} values={known?.by_robot} onChange={(robot) => onChange({ robot })} />
      <Choice label="Rule" value={search.rule} values={known?.by_rule} onChange={(rule) => onChange({ rule })} />
      <DayField
        end="from"
        aria-label="Opened from this day"
        value={search.since}
        onChange={(since) => onChange({ since })}
      />
      <DayField
        end="to"
        aria-label="Opened until this day"
        w={156}
        value={search.until}
        onChange={(until) => onChange({ until })}
      />
      <Chip.Group
        multiple
        value={search.severity ?? []}
        onChange={(chosen) => onChange({ severity: chosen.length === 0 ? undefined : (chosen as Severity[]) })}
      >
        <Group gap={4} role="group" aria-label="Severities">
          {SEVERITIES.map((severity) => (
            <Chip key={severity} value={severity} size="xs" radius="sm" variant="light">
              {severity}
            </Chip>
          ))}
        </Group>
      </Chip.Group>
      <Chip.Group
        multiple
        value={search.state ?? []}
        onChange={(chosen) =>
          onChange({ state: chosen.length === 0 ? undefined : (chosen as State[]), live: undefined })
        }
      >
        <Group gap={4} role="group" aria-label="States">
          {STATES.map((state) => (
            <Chip key={state} value={state} size="xs" radius="sm" variant="light">
              {state.replace("_", " ")}
            </Chip>
          ))}
        </Group>
      </Chip.Group>
      <Switch
        label="Not closed"
        checked={search.live === true}
        onChange={(event) => onChange({ live: event.currentTarget.checked || undefined, state: undefined })}
      />
      {isNarrowed(search) ? (
        <Button
          variant="subtle"
          onClick={() =>
            onChange({
              q: undefined,
              state: undefined,
              severity: undefined,
              robot: undefined,
              rule: undefined,
              live: undefined,
              since: undefined,
              until: undefined,
            })
          }
        >
          Show all
        </Button>
      ) : null}
    </Group>
  );
}

type ChoiceProps = {
  label: string;
  value: string | undefined;
  values: { key: string; incidents: number }[] | undefined;
  onChange: (value: string | undefined) => void;
};

function Choice({ label, value, values, onChange }: ChoiceProps) {
  const known = (values ?? []).filter((one) => one.key !== "");
  const data = known.map((one) => ({ value: one.key, label: `${one.key} (${count(one.incidents)})` }));
  if (value !== undefined && !known.some((one) => one.key === value)) data.unshift({ value, label: value });
  return (
    <Select
      aria-label={label}
      placeholder={`Any ${label.toLowerCase()}`}
      searchable
      clearable
      w={{ base: "calc(50% - 5px)", xs: 170 }}
      limit={100}
      data={data}
      value={value ?? null}
      onChange={(chosen) => onChange(chosen ?? undefined)}
      nothingFoundMessage="None of this name"
    />
  );
}
