import { Button, Group, Stack, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { Model } from "~/api/client";
import { count } from "~/format/numbers";
import { Answer } from "~/parts/answer";
import { facets } from "./queries";
import { type Filters, filtersOf, RECORDING_STATES, type RecordingSearch } from "./search";

type Props = { search: RecordingSearch; onChange: (change: Filters) => void };
const SHOWN = 6;

/** What the list can be narrowed to, and how many recordings that leaves. */
export function FacetsPanel({ search, onChange }: Props) {
  const query = useQuery(facets(filtersOf(search)));
  return (
    <Answer query={query}>
      {(found) => (
        <Stack gap="md" component="nav" aria-label="Facets">
          <Facet title="Robot" name="robot" values={found.robots} search={search} onChange={onChange} />
          <Facet title="Label" name="label" values={found.labels} search={search} onChange={onChange} />
          <Facet title="Rule" name="trigger" values={found.triggers} search={search} onChange={onChange} />
          <Facet title="Reason" name="reason" values={found.reasons} search={search} onChange={onChange} />
          <Facet title="State" name="state" values={found.states} search={search} onChange={onChange} />
          <Facet title="Topic" name="topic" values={found.topics} search={search} onChange={onChange} />
        </Stack>
      )}
    </Answer>
  );
}

type FacetProps = Props & {
  title: string;
  name: "robot" | "label" | "trigger" | "reason" | "state" | "topic";
  values: Model<"FacetValue">[] | undefined;
};

function Facet({ title, name, values = [], search, onChange }: FacetProps) {
  const [isOpen, setOpen] = useState(false);
  const chosen = search[name];
  if (values.length === 0) return null;
  const shown = isOpen ? values : values.slice(0, SHOWN);
  const choose = (value: string) => {
    const next = value === chosen ? undefined : value;
    onChange(name === "state" ? { state: RECORDING_STATES.find((one) => one === next) } : { [name]: next });
  };
  return (
    <div>
      <Title order={2} size="xs" c="dimmed" tt="uppercase" mb={4}>
        {title}
      </Title>
      {shown.map(({ value, count: many }) => (
        <Button
          key={value}
          fullWidth
          variant={value === chosen ? "light" : "subtle"}
          color={value === chosen ? undefined : "gray"}
          aria-pressed={value === chosen}
          justify="space-between"
          h={24}
          px={6}
          fw={value === chosen ? 600 : 400}
          onClick={() => choose(value)}
          rightSection={
            <Text size="xs" inherit>
              {count(many)}
            </Text>
          }
        >
          <Text inherit truncate lh={1.5} title={value}>
            {value}
          </Text>
        </Button>
      ))}
      {values.length > SHOWN ? (
        <Group justify="flex-start">
          <Button variant="transparent" px={6} h={22} onClick={() => setOpen(!isOpen)} aria-expanded={isOpen}>
            {isOpen ? "Fewer" : `${count(values.length - SHOWN)} more`}
          </Button>
        </Group>
      ) : null}
    </div>
  );
}
