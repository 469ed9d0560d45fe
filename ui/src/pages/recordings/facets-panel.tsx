import { Button, Group, Stack, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { asProblem, type Model } from "~/api/client";
import { count } from "~/format/numbers";
import { Answer } from "~/parts/answer";
import { facets } from "./queries";
import { type FacetName, type Filters, filtersOf, RECORDING_STATES, type RecordingSearch } from "./search";

type Props = {
  search: RecordingSearch;
  onChange: (change: Filters) => void;
  /** Of which facets all values are to be shown. */
  onMore: (facets: FacetName[] | undefined) => void;
};
const SHOWN = 6;

/** What the list can be narrowed to, and how many recordings that leaves. */
export function FacetsPanel(props: Props) {
  const { search } = props;
  const query = useQuery(facets(filtersOf(search)));
  if (query.isError && query.data === undefined) {
    return (
      <Text size="xs" c="dimmed" role="note">
        What there is cannot be counted now: {asProblem(query.error).detail}
      </Text>
    );
  }
  return (
    <Answer query={query}>
      {(found) => (
        <Stack gap="md" component="nav" aria-label="Facets">
          <Facet title="Robot" name="robot" values={found.robots} {...props} />
          <Facet title="Label" name="label" values={found.labels} {...props} />
          <Facet title="Rule" name="trigger" values={found.triggers} {...props} />
          <Facet title="Reason" name="reason" values={found.reasons} {...props} />
          <Facet title="State" name="state" values={found.states} {...props} />
          <Facet title="Topic" name="topic" values={found.topics} {...props} />
        </Stack>
      )}
    </Answer>
  );
}

type FacetProps = Props & {
  title: string;
  name: FacetName;
  values: Model<"FacetValue">[] | undefined;
};

function Facet({ title, name, values = [], search, onChange, onMore }: FacetProps) {
  const opened = search.more ?? [];
  const isOpen = opened.includes(name);
  const others = opened.filter((one) => one !== name);
  const turn = () => onMore(isOpen ? (others.length === 0 ? undefined : others) : [...others, name]);
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
          <Button variant="transparent" px={6} h={22} onClick={turn} aria-expanded={isOpen}>
            {isOpen ? "Fewer" : `${count(values.length - SHOWN)} more`}
          </Button>
        </Group>
      ) : null}
    </div>
  );
}
